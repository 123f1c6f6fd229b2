"""The facade over a Unix socket: server, client, recording."""
