"""PlexiChat: an example of an application with plugins."""
