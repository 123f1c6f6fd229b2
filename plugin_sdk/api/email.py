"""`self.email`: messages that the host sends."""

from plugin_sdk.api.host import Link


class Email:
    """`self.email`: messages that the host sends."""

    def __init__(self, link: Link) -> None:
        self._link = link
