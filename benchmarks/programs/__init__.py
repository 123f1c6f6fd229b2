"""Programs that each take one sample of a host of ours and print its figures as a JSON list."""
