"""`self.analytics`: what the plugin is used for, counted by its host."""

from plugin_sdk.api.host import Link


class Analytics:
    """`self.analytics`: what the plugin is used for, counted by its host."""

    def __init__(self, link: Link) -> None:
        self._link = link
