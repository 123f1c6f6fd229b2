"""Events: `SUBSCRIBERS SECONDS` -> deliveries/s, plain and durable, and ms that emitting a plain one takes.

What is counted are events that handlers have handled. The data folder lies where the benchmarks build: a
folder for temporary files may be memory, where keeping an event costs nothing.
"""

import asyncio
import statistics
import sys
import tempfile
import time

import anyio

from benchmarks.child_process import BUILD
from benchmarks.plugin_folders import plugin_folders
from host import PluginHost

_BURST = 200
"""Events that are under way; fewer than a subscriber's credit, so that none is lost."""


async def _measure(subscribers: int, seconds: float) -> list[float]:
    BUILD.mkdir(exist_ok=True)
    with (
        plugin_folders(subscribers, kind="listener") as (folder, ids),
        tempfile.TemporaryDirectory(dir=BUILD) as data,
    ):
        async with PluginHost([folder], data=data, autoload=True) as host:
            plain, blocked_ms = await _deliveries_per_s(host, ids, "plain", seconds)
            durable, _ = await _deliveries_per_s(host, ids, "durable", seconds)
    return [plain, durable, blocked_ms]


async def _deliveries_per_s(
    host: PluginHost, ids: list[str], kind: str, seconds: float
) -> tuple[float, float]:
    emitted = 0
    blocked: list[float] = []
    began = time.perf_counter()
    while time.perf_counter() < began + seconds:
        if kind == "plain":
            for _ in range(_BURST):
                before = time.perf_counter()
                await host.emit("bench.plain", {"number": emitted})
                blocked.append(time.perf_counter() - before)
        else:
            async with anyio.create_task_group() as tasks:
                for _ in range(_BURST):
                    tasks.start_soon(host.emit, "bench.durable", {"number": emitted})
        emitted += _BURST
        async with anyio.create_task_group() as tasks:
            for plugin in ids:
                tasks.start_soon(_handled, host, plugin, kind, emitted)
    took_s = time.perf_counter() - began
    return emitted * len(ids) / took_s, statistics.median(blocked or [0.0]) * 1_000


async def _handled(host: PluginHost, plugin: str, kind: str, count: int) -> None:
    await host.call(plugin, "wait_for", {"kind": kind, "count": count}, timeout_s=60)


if __name__ == "__main__":
    print(asyncio.run(_measure(int(sys.argv[1]), float(sys.argv[2]))))
