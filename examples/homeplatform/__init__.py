"""A platform for the home whose device plugins run within limits; see README.md."""
