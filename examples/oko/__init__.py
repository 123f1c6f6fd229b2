"""The backend of a dashboard: its plugins, their states and their sections; see README.md."""
