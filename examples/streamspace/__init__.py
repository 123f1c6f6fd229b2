"""A service in miniature that has plugins: browser sessions for users. Start with README.md."""
