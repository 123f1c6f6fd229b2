"""Counts events, and says when it has handled so many."""

import asyncio
from typing import Any

from plugin_sdk import Plugin, method, on


class Listener(Plugin):
    def __init__(self) -> None:
        self.handled = {"plain": 0, "durable": 0}
        self.news = asyncio.Event()

    @on("bench.plain")
    async def plain(self, data: Any) -> None:
        self.handled["plain"] += 1
        self.news.set()

    @on("bench.durable", durable=True)
    async def durable(self, data: Any) -> None:
        self.handled["durable"] += 1
        self.news.set()

    @method
    async def wait_for(self, kind: str, count: int) -> None:
        while self.handled[kind] < count:
            self.news.clear()
            await self.news.wait()
