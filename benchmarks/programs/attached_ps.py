"""A host with idle plugins, and `plughost ps` beside it: `COUNT` -> milliseconds that the command takes."""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

import anyio
import msgspec

from benchmarks.plugin_folders import plugin_folders
from host import PluginHost

_SAMPLES = 5


async def _measure(count: int) -> list[float]:
    command = Path(sys.executable).with_name("plughost")
    with plugin_folders(count) as (folder, _), tempfile.TemporaryDirectory(prefix="plughost-bench-") as data:
        async with PluginHost(plugins=[folder], data=data, control=True, autoload=True):
            taken: list[float] = []
            for _ in range(_SAMPLES):
                began = time.perf_counter()
                shown = await anyio.run_process([str(command), "ps", "--data", data])
                taken.append(time.perf_counter() - began)
                if shown.stdout.count(b" active ") != count:
                    raise RuntimeError(f"not all are active:\n{shown.stdout.decode()}")
    return [statistics.median(taken) * 1e3]


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode(asyncio.run(_measure(int(sys.argv[1])))).decode())
