"""When each schedule ran last, kept over restarts of plugins and host.

Owns `schedules.json` in the data folder. Changes are written together, a second after the first of them, in a
worker thread; a host that is killed may forget that second.
"""

import logging
from collections import Counter
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread
import msgspec

from host.state.atomic import read_json, write_atomic

logger = logging.getLogger(__name__)

WRITE_AFTER_S: Final = 1.0
"""Changes of this time are written together."""

MAX_KEPT: Final = 10_000
"""Schedules that are remembered; the ones that ran longest ago are forgotten first."""


MAX_KEPT_OF_PLUGIN: Final = 200
"""Of one plugin, where there are too many."""


class Memory(msgspec.Struct, omit_defaults=True):
    """What is kept of one schedule. Times are seconds since the epoch."""

    rule: str
    """What it was when this was kept; another one begins anew."""
    due_s: float
    """When it was due last, or when it began."""
    run_s: float | None = None
    error: str = ""


class ScheduleMemory:
    """All that is kept."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._kept: dict[str, Memory] = {}
        self._changed = anyio.Event()
        self._dirty = False
        self._one_writer = anyio.Lock()

    async def open(self, folder: Path) -> None:
        """Read what an earlier host kept."""
        self._path = folder / "schedules.json"
        kept = await anyio.to_thread.run_sync(read_json, self._path, dict[str, Memory])
        self._kept = kept or {}
        self._changed = anyio.Event()

    async def run(self) -> None:
        """Write what changes, until it is cancelled."""
        while True:
            await self._changed.wait()
            await anyio.sleep(WRITE_AFTER_S)
            self._changed = anyio.Event()
            await self.write()

    async def write(self) -> None:
        """Write now, if anything changed. A full disk is told in the log, and the schedules go on."""
        async with self._one_writer:  # an older text must not replace a newer one
            if not self._dirty or self._path is None:
                return
            self._dirty = False
            if len(self._kept) > MAX_KEPT:
                self._shorten()
            data = msgspec.json.encode(self._kept)
            try:
                await anyio.to_thread.run_sync(write_atomic, self._path, data)
            except OSError as exc:
                self._dirty = True
                logger.warning("when schedules ran could not be kept: %s", exc)

    def get(self, key: str, rule: str) -> Memory | None:
        """Return what is kept of a schedule, if it is still the same."""
        kept = self._kept.get(key)
        return kept if kept is not None and kept.rule == rule else None

    def put(self, key: str, memory: Memory) -> None:
        """Keep it."""
        self._kept[key] = memory
        self._dirty = True
        self._changed.set()

    async def forget(self, plugin: str) -> int:
        """Forget a plugin's schedules, on the disk too; return how many there were. Raises OSError."""
        gone = [key for key in self._kept if key.partition(" ")[0] == plugin]
        for key in gone:
            del self._kept[key]
        self._dirty = self._dirty or bool(gone)
        await self.write()
        if gone and self._dirty:
            raise OSError("schedules.json could not be written; the log says why")
        return len(gone)

    def _shorten(self) -> None:
        """Forget the oldest ones, first of plugins that have more than they may."""
        counts: Counter[str] = Counter()
        latest: list[tuple[str, Memory]] = []
        for key, memory in sorted(self._kept.items(), key=lambda one: -one[1].due_s):
            plugin = key.partition(" ")[0]
            counts[plugin] += 1
            if counts[plugin] <= MAX_KEPT_OF_PLUGIN:
                latest.append((key, memory))
        self._kept = dict(latest[:MAX_KEPT])
