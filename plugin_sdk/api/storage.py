"""`self.storage`: what this plugin keeps."""

from plugin_sdk.api.host import Link


class Storage:
    """`self.storage`: what this plugin keeps."""

    def __init__(self, link: Link) -> None:
        self._link = link
