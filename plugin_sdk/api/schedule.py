"""`self.schedule`: periodic work that is registered in code."""

from plugin_sdk.api.host import Link


class Schedule:
    """`self.schedule`: periodic work that is registered in code."""

    def __init__(self, link: Link) -> None:
        self._link = link
