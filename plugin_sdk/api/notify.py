"""`self.notify`: notifications to users."""

from plugin_sdk.api.host import Link


class Notify:
    """`self.notify`: notifications to users."""

    def __init__(self, link: Link) -> None:
        self._link = link
