"""Raises while it is being loaded."""

from plugin_sdk import Plugin


class RaisesInOnLoad(Plugin):
    async def on_load(self) -> None:
        raise RuntimeError("the API key is not set")
