"""`self.api`: requests to HTTP endpoints of this host, as this plugin."""

from plugin_sdk.api.host import Link


class Web:
    """`self.api`: requests to HTTP endpoints of this host, as this plugin."""

    def __init__(self, link: Link) -> None:
        self._link = link
