"""What the gateway reaches: the functions behind the host's own methods, one file per namespace."""
