"""What `self.<name>` of a plugin offers, one file per name."""
