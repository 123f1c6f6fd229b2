"""`self.ui`: what this plugin adds to user interfaces."""

from plugin_sdk.api.host import Link


class Ui:
    """`self.ui`: what this plugin adds to user interfaces."""

    def __init__(self, link: Link) -> None:
        self._link = link
