"""`self.endpoints`: HTTP endpoints that are registered in code."""

from plugin_sdk.api.host import Link


class Endpoints:
    """`self.endpoints`: HTTP endpoints that are registered in code."""

    def __init__(self, link: Link) -> None:
        self._link = link
