"""`self.logger`: the log with the methods of the standard library."""

from plugin_sdk.api.host import Link


class Logger:
    """`self.logger`: the log with the methods of the standard library."""

    def __init__(self, link: Link) -> None:
        self._link = link
