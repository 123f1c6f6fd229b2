"""A chat program whose plugins read and send messages; see README.md."""
