"""`self.paths`: folders that are this plugin's."""

from plugin_sdk.api.host import Link


class Paths:
    """`self.paths`: folders that are this plugin's."""

    def __init__(self, link: Link) -> None:
        self._link = link
