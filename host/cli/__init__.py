"""The command line: one file per command, all of them on the embedding API."""
