"""Acknowledged writes to storage: `SECONDS` -> writes/s with 1, 16, 64 callers, ms of one sync of the disk.

The database lies where the benchmarks build, and not in a folder for temporary files: that may be memory,
where a sync costs nothing.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import anyio
import msgspec

from benchmarks.child_process import BUILD
from benchmarks.subject import SMALL
from host.clock import SystemClock
from host.services.storage import Storage
from protocol.messages.storage import StorageOperation

_CALLERS = (1, 16, 64)
_KEYS = 100
"""Of each caller, written in turn."""

_SYNCS = 100


async def _measure(folder: Path, seconds: float) -> list[float]:
    storage = Storage(SystemClock())
    figures: list[float] = []
    async with anyio.create_task_group() as tasks:
        await storage.open(folder, tasks)
        for callers in _CALLERS:
            figures.append(await _writes_per_s(storage, callers, seconds))
        await storage.aclose()
    return [*figures, _sync_ms(folder)]


async def _writes_per_s(storage: Storage, callers: int, seconds: float) -> float:
    value = msgspec.Raw(msgspec.json.encode(SMALL))
    writes = 0
    began = time.perf_counter()

    async def keep_on(caller: int) -> None:
        nonlocal writes
        number = 0
        while time.perf_counter() < began + seconds:
            key = f"{caller}:{number % _KEYS}"
            await storage.change("bench", StorageOperation("set", key, value))
            writes += 1
            number += 1

    async with anyio.create_task_group() as tasks:
        for caller in range(callers):
            tasks.start_soon(keep_on, caller)
    return writes / (time.perf_counter() - began)


def _sync_ms(folder: Path) -> float:
    """What the same disk takes for as little as a commit is: 4 KiB at the end of a file, synced."""
    taken: list[float] = []
    with (folder / "synced").open("wb", buffering=0) as file:
        for _ in range(_SYNCS):
            began = time.perf_counter()
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1e3


if __name__ == "__main__":
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as name:
        print(msgspec.json.encode(asyncio.run(_measure(Path(name), float(sys.argv[1])))).decode())
