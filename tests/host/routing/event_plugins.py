"""Plugins that emit and hear, for the tests of events."""

from collections.abc import Callable
from pathlib import Path

Write = Callable[..., Path]


EMITTER = """
class Emitter(Plugin):
    @method
    async def say(self, topic: str, data: Any = None, durable: bool | None = None) -> int:
        return await self.events.emit(topic, data, durable=durable)

    @method
    async def own(self, event: str) -> str:
        return self.events.own(event)

    @method
    async def flood(self, count: int) -> None:
        for number in range(count):
            await self.events.emit("flood", number)
"""
