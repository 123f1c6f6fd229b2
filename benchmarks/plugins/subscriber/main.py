"""A plugin that handles events and does nothing with them; it tells how many there were."""

import asyncio
from typing import Any

from plugin_sdk import Plugin, method, on


class Subscriber(Plugin):
    def __init__(self) -> None:
        self.taken = 0
        self.wanted = 0
        self.reached = asyncio.Event()

    @on("bench.ephemeral")
    async def ephemeral(self, data: Any) -> None:
        self._take()

    @on("bench.durable", durable=True)
    async def durable(self, data: Any) -> None:
        self._take()

    @method
    async def until(self, count: int) -> None:
        """Return when so many were handled since the last time."""
        self.wanted = count
        if self.taken < count:
            self.reached.clear()
            await self.reached.wait()
        self.taken = 0

    def _take(self) -> None:
        self.taken += 1
        if self.taken == self.wanted:
            self.reached.set()
