"""`self.plugins`: calls to other plugins."""

from plugin_sdk.api.host import Link


class Plugins:
    """`self.plugins`: calls to other plugins."""

    def __init__(self, link: Link) -> None:
        self._link = link
