"""What runs in a plugin's process. Authors do not import it; the host starts its modules as programs."""
