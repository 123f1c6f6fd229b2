"""Raises while it is being unloaded."""

from plugin_sdk import Plugin, method


class RaisesInOnUnload(Plugin):
    async def on_unload(self) -> None:
        raise RuntimeError("the connection was closed already")

    @method
    async def answer(self) -> int:
        return 42
