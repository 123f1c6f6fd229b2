"""Needs a plugin that is not there."""

from plugin_sdk import Plugin


class Orphan(Plugin):
    pass
