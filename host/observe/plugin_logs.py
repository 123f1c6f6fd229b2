"""PluginLogs: `host.logs`: the last lines of each plugin's log, and from which level on they are kept.

Levels that were set hold over restarts of the host. The lines are the recorder's, the files the log folder's.
"""

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

import anyio
import anyio.to_thread
import msgspec

from host.errors import InvalidParams
from host.ids import PluginId
from host.observe.entries import KEPT, LogLine
from host.observe.log_entry import LEVELS, NAMES
from host.recording import Track
from host.state.atomic import read_json, write_atomic

DEFAULT_LEVEL = "info"


class Lines(Protocol):
    """Where lines and tracks are found."""

    def track(self, plugin: PluginId) -> Track:
        """Return a plugin's track."""
        ...

    def lines(self, plugin: str, *, level: int = 0, last: int = KEPT) -> Awaitable[tuple[LogLine, ...]]:
        """Return the last lines of a plugin's log."""
        ...


class PluginLogs:
    """Logs of the plugins of one host."""

    def __init__(self, recorder: Lines, check: Callable[[str], object]) -> None:
        """`check(id)` raises if there is no such plugin."""
        self._recorder = recorder
        self._check = check
        self._levels: dict[str, str] = {}
        self._file: Path | None = None
        self._saving = anyio.Lock()

    async def __call__(self, plugin: str, *, level: str = "debug", last: int = KEPT) -> tuple[LogLine, ...]:
        """Return the last lines of a plugin, at most 500, of this level and above, the oldest first.

        None are there of a folder whose manifest can't be used, if it never ran.

        Raises:
            PluginNotFound: There is no such plugin, and nothing is recorded of one.
        """
        return await self._recorder.lines(plugin, level=_number(level), last=last)

    def level(self, plugin: str) -> str:
        """Return from which level on a plugin's lines are kept."""
        return self._levels.get(plugin, DEFAULT_LEVEL)

    async def set_level(self, plugin: str, level: str) -> None:
        """Keep a plugin's lines from this level on, from now on and over restarts of the host.

        `debug info warning error critical`; lines below it reach neither the files nor the logger.

        Raises:
            InvalidParams, PluginNotFound, ManifestError: There is no such level, or plugin.
            OSError: It can't be kept; it counts nevertheless.
        """
        _number(level)
        self._check(plugin)
        self._levels[plugin] = level
        self._apply(plugin, self._recorder.track(PluginId(plugin)))
        await self._save()

    async def forget(self, plugin: str) -> int:
        """Forget the level that was set for a plugin; return 1 if one was. Raises OSError."""
        if self._levels.pop(plugin, None) is None:
            return 0
        logging.getLogger(f"plugin.{plugin}").setLevel(logging.NOTSET)
        await self._save()
        return 1

    # For the recorder.

    def begin(self, track: Track, plugin: str) -> None:
        """Give a new track its level."""
        if plugin in self._levels:
            self._apply(plugin, track)

    async def open(self, folder: Path) -> None:
        """Read the levels that were set."""
        self._file = folder / "log_levels.json"
        found = await anyio.to_thread.run_sync(read_json, self._file, dict[str, str])
        self._levels = {plugin: level for plugin, level in (found or {}).items() if level in LEVELS}

    async def _save(self) -> None:
        async with self._saving:
            if self._file is not None:
                data = msgspec.json.encode(self._levels)
                await anyio.to_thread.run_sync(write_atomic, self._file, data)

    def _apply(self, plugin: str, track: Track) -> None:
        track.level = LEVELS[self._levels[plugin]]
        logging.getLogger(f"plugin.{plugin}").setLevel(track.level)


def _number(level: str) -> int:
    if level not in LEVELS:
        raise InvalidParams(f"there is no log level {level!r}; allowed: {', '.join(NAMES.values())}")
    return LEVELS[level]
