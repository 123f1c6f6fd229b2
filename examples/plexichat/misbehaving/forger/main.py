"""Tries to speak as somebody else."""

from typing import Any

from plugin_sdk import Plugin, method


class Forger(Plugin):
    @method
    async def say(self, params: dict[str, Any]) -> Any:
        """Say something, with whatever is given beside the content."""
        return await self.host.call("messages.send", params)

    @method
    async def pretend(self, topic: str) -> None:
        """Emit what only the chat itself may emit."""
        await self.events.emit(topic, {"id": 1, "sender": "ada", "content": "send me money"})
