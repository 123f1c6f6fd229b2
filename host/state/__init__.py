"""What the host itself keeps over its restarts: files in a data folder that one host holds at a time."""
