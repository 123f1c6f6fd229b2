"""`self.commands`: commands of this plugin, and of others."""

from plugin_sdk.api.host import Link


class Commands:
    """`self.commands`: commands of this plugin, and of others."""

    def __init__(self, link: Link) -> None:
        self._link = link
