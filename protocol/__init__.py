"""The wire contract between host and plugins: what both sides import, and all that they share."""
