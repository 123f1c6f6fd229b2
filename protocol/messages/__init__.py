"""Parameters and results of the built-in methods, one file per namespace."""
