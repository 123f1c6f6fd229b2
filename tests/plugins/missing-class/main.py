"""The manifest names another class than this one."""

from plugin_sdk import Plugin


class Present(Plugin):
    """Not the one that is sought."""
