"""Calls out of a plugin: to other plugins, and to what the embedding application offers."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from plugin_sdk import Plugin, RpcError, method


class Talker(Plugin):
    @method
    async def ask(self, plugin: str, method: str, params: dict[str, Any] | None = None) -> Any:
        """Call another plugin; the call gets what is left of this one's budget."""
        return await self.host.plugins.call(plugin=plugin, method=method, params=params or {})

    @method
    async def try_to_ask(self, plugin: str, method: str) -> dict[str, Any]:
        """Call another plugin and turn a failure into a result."""
        try:
            return {"result": await self.host.plugins.call(plugin=plugin, method=method, params={})}
        except RpcError as error:
            return {"failed": error.name, "message": error.message}

    @method
    async def relay(self, upto: int, plugin: str = "streamer") -> AsyncIterator[int]:
        """Pass another plugin's stream on; when the reader stops, that one is stopped too."""
        ticks = self.host.plugins.stream(plugin=plugin, method="ticks", params={"upto": upto})
        async with aclosing(aiter(ticks)) as items:
            async for item in items:
                yield item

    @method
    async def time(self) -> Any:
        """Ask the application. `clock` is a namespace that it registers; the host itself has none."""
        return await self.host.clock.now()

    @method
    async def about(self) -> dict[str, Any]:
        """Say what this plugin runs under."""
        return await self.host.host.info()
