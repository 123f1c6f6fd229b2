"""A plugin that counts durable events, and what its tests wait for."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from host import PluginHost
from tests.host.routing.heard import Heard, until_true

Write = Callable[..., Path]

COUNTER = """
import os
from plugin_sdk import Event, on

class Counter(Plugin):
    @on("order.*", durable=True)
    async def orders(self, data: Any, event: Event):
        if data == "poison":
            raise ValueError("no thanks")
        if data == "deadly" and await self.host.test.first():
            os._exit(7)
        if data == "silent" and await self.host.test.first():
            import asyncio
            await asyncio.sleep(3600)
        await self.host.test.heard(kind=event.topic, data=data)
"""


def make(plugins: Path, data: Path, **options: Any) -> tuple[PluginHost, Heard]:
    host = PluginHost([plugins], data=data, **options)
    heard = Heard(host)
    seen: list[int] = []

    @host.api("test.first")
    async def first() -> bool:  # pyright: ignore[reportUnusedFunction]
        seen.append(1)
        return len(seen) == 1

    return host, heard


"""Failed events are tried again sooner: five times, as in production."""


@asynccontextmanager
async def running(host: PluginHost, plugin: str) -> AsyncGenerator[None]:
    async with host:
        await host.load(plugin)
        yield


async def until_lag(host: PluginHost, waiting: int) -> None:
    """Wait until the durable subscription has so many events before it."""

    async def there() -> bool:
        return [one.waiting for one in await host.events.lag("counter") if one.durable] == [waiting]

    await until_true(there)
