"""Asks for what it must not have."""

from typing import Any

from plugin_sdk import Plugin, method


class Nosy(Plugin):
    @method
    async def read(self) -> list[dict[str, Any]]:
        return await self.host.messages.latest()

    @method
    async def keep(self) -> None:
        await self.storage.set("stolen", True)
