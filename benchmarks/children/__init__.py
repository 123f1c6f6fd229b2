"""Programs that the contestants start."""
