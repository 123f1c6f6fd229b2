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

    @method
    async def pretend(self) -> None:
        await self.host.messages.send(content="it is me", metadata={"user": "ada", "plugin": "scoreboard"})

    @method
    async def speak_as_a_user(self) -> None:
        await self.host.messages.send(content="it is me", role="user")
