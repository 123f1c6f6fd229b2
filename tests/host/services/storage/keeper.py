"""A plugin that does with its storage what it is told."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from host import PluginHost

Write = Callable[..., Path]

KEEPER = """
import asyncio
from dataclasses import dataclass, field

import msgspec

@dataclass
class Point:
    x: int
    tags: list[str] = field(default_factory=list)

class Keeper(Plugin):
    @method
    async def do(self, what: str, args: list[Any], options: dict[str, Any] | None = None) -> Any:
        return await getattr(self.storage, what)(*args, **(options or {}))

    @method
    async def all_items(self, prefix: str) -> list[Any]:
        return [[key, value] async for key, value in self.storage.items(prefix)]

    @method
    async def all_sizes(self) -> list[Any]:
        return [[key, len(value)] async for key, value in self.storage.items()]

    @method
    async def transact(self, keys: list[str]) -> list[Any]:
        transaction = self.storage.transaction()
        for key in keys:
            transaction.set(key, 1)
        return await transaction.commit()

    @method
    async def set_raw(self, key: str, text: str) -> Any:
        return await self.storage.set(key, msgspec.Raw(text.encode()))

    @method
    async def keep_dataclass(self) -> Any:
        await self.storage.set("point", Point(1, ["a"]))
        return await self.storage.get("point")

    @method
    async def at_once(self, what: str, times: int) -> None:
        change = {
            "incr": lambda number: self.storage.incr("incr"),
            "append": lambda number: self.storage.append("append", number),
            "update": lambda number: self.storage.update("update", lambda n: n + 1, default=0),
        }[what]
        async with asyncio.TaskGroup() as group:
            for number in range(times):
                group.create_task(change(number))

    @method
    async def add_event(self, event: str) -> int:
        async def add(events: list[str]) -> list[str]:
            await asyncio.sleep(0)
            return [*events, event]

        return len(await self.storage.update("events", add, default=[]))

    @method
    async def move(self, fail: bool) -> list[Any]:
        transaction = self.storage.transaction().set("a", {"x": 1}).incr("n", 2)
        transaction.append("l", "i").delete("gone")
        if fail:
            transaction.check("a", 999)
        return await transaction.commit()
"""


async def do(host: PluginHost, what: str, *args: Any, plugin: str = "keeper", **options: Any) -> Any:
    return await host.call(plugin, "do", {"what": what, "args": list(args), "options": options})
