"""The plugin that is called: `async def` methods that do nothing."""

from collections.abc import AsyncIterator
from time import perf_counter
from typing import Any

from plugin_sdk import Plugin, method


class Busy(Plugin):
    @method
    async def echo(self, value: Any) -> Any:
        return value

    @method
    async def count(self, upto: int) -> AsyncIterator[int]:
        for item in range(upto):
            yield item

    @method
    async def call_back(self, value: Any, seconds: float) -> float:
        """Have the host echo, one call after the other; return the p50 in microseconds."""
        taken: list[float] = []
        until = perf_counter() + seconds
        while (before := perf_counter()) < until:
            await self.host.bench.echo(value=value)
            taken.append(perf_counter() - before)
        return sorted(taken)[len(taken) // 2] * 1e6

    @method
    async def storage_get(self, value: Any, seconds: float) -> float:
        """Read a key that holds the value, again and again; return the p50 in microseconds."""
        get = self.storage.get
        await self.storage.set("key", value)
        taken: list[float] = []
        until = perf_counter() + seconds
        while (before := perf_counter()) < until:
            await get("key")
            taken.append(perf_counter() - before)
        return sorted(taken)[len(taken) // 2] * 1e6
