"""Events to many plugins: `SUBSCRIBERS SECONDS ephemeral|durable` -> deliveries/s, ms that an emit takes.

Events are emitted as fast as every subscriber handles them, so that none is lost; the clock stops when the
last subscriber has handled the last one. The emitter's figure is the median time of one `await host.emit`.
"""

import asyncio
import statistics
import sys
import time

import msgspec

from benchmarks.plugin_folders import plugin_folders
from benchmarks.subject import SMALL
from host import PluginHost

_ROUND = 128
"""Events of one round; the next begins when all have been handled."""

_EMITTERS = 64
"""Callers that emit durable events at the same time, as they share a sync of the disk."""


async def _measure(count: int, seconds: float, kind: str) -> list[float]:
    with plugin_folders(count, kind="subscriber") as (folder, plugins):
        async with PluginHost(plugins=[folder]) as host:
            failed = await host.load_all()
            if failed:
                raise RuntimeError(f"{len(failed)} of {count} did not start: {[*failed.values()][:1]}")
            blocked: list[float] = []
            await _round(host, plugins, kind, [])
            began = time.perf_counter()
            rounds = 0
            while time.perf_counter() - began < seconds:
                await _round(host, plugins, kind, blocked)
                rounds += 1
            took_s = time.perf_counter() - began
            if host.events.statistics().dropped:
                raise RuntimeError("events were lost")
    return [rounds * _ROUND * count / took_s, statistics.median(blocked) * 1e3]


async def _round(host: PluginHost, plugins: list[str], kind: str, blocked: list[float]) -> None:
    async with asyncio.TaskGroup() as tasks:
        for plugin in plugins:
            tasks.create_task(host.call(plugin, "until", {"count": _ROUND}, timeout_s=60.0))
        if kind == "ephemeral":
            await _emit(host, kind, _ROUND, blocked)
        else:
            for _ in range(_EMITTERS):
                tasks.create_task(_emit(host, kind, _ROUND // _EMITTERS, blocked))


async def _emit(host: PluginHost, kind: str, count: int, blocked: list[float]) -> None:
    topic = f"bench.{kind}"
    for _ in range(count):
        began = time.perf_counter()
        await host.emit(topic, SMALL)
        blocked.append(time.perf_counter() - began)


if __name__ == "__main__":
    print(
        msgspec.json.encode(asyncio.run(_measure(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]))).decode()
    )
