"""`self.events`: events, to whoever wants them."""

from plugin_sdk.api.host import Link


class Events:
    """`self.events`: events, to whoever wants them."""

    def __init__(self, link: Link) -> None:
        self._link = link
