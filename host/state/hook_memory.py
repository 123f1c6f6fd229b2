"""What is kept of plugins' hooks over host restarts, so that a hook is in force before its plugin runs again.

Owns `hooks.json` in the data folder. Writes behind: what changed is on the disk a moment later, and at the
latest when the host ends; what the disk does not take is tried again. Does not decide what a kept hook means.
"""

import logging
import math
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread
import msgspec
from anyio.abc import TaskGroup

from host.state.atomic import read_json, remove_leftovers, write_atomic
from protocol.messages.provides import HookHandler

logger = logging.getLogger(__name__)

FILE: Final = "hooks.json"
RETRY_S: Final = 30.0
"""Pause after the disk did not take it."""

Kept = dict[str, tuple[HookHandler, ...]]


class HookMemory:
    """The hooks of plugins that were loaded once."""

    def __init__(self) -> None:
        self.kept: Kept = {}
        """Handlers by plugin."""
        self._path: Path | None = None
        self._changed = anyio.Event()
        self._one_writer = anyio.Lock()
        self._failed = False

    async def open(self, folder: Path, tasks: TaskGroup) -> None:
        """Read what is kept. Raises OSError."""
        self._path = folder / FILE
        remove_leftovers(folder)
        self.kept = await anyio.to_thread.run_sync(read_json, self._path, Kept) or {}
        self._changed = anyio.Event()
        tasks.start_soon(self._write_behind)

    async def aclose(self) -> None:
        """Write what was not written yet."""
        async with self._one_writer:  # what is being written ends first
            if self._changed.is_set() or self._failed:
                await self._write()
        self._path = None

    def put(self, plugin: str, handlers: tuple[HookHandler, ...]) -> bool:
        """Keep a plugin's handlers in place of those that were kept; return whether that changed anything."""
        if self.kept.get(plugin, ()) == handlers:
            return False
        if handlers:
            self.kept[plugin] = handlers
        else:
            del self.kept[plugin]
        self._changed.set()
        return True

    async def flush(self) -> None:
        """Write what was not written yet. Raises OSError; it is tried again by itself."""
        async with self._one_writer:
            if self._changed.is_set() or self._failed:
                await self._write()
            if self._failed:
                raise OSError(f"{FILE} could not be written; the log says why")

    async def _write_behind(self) -> None:
        while True:
            with anyio.move_on_after(RETRY_S if self._failed else math.inf):
                await self._changed.wait()
            async with self._one_writer:
                await self._write()

    async def _write(self) -> None:
        path = self._path
        self._changed = anyio.Event()
        if path is None:
            return
        text = msgspec.json.format(msgspec.json.encode(self.kept), indent=2)
        try:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(write_atomic, path, text)
            self._failed = False
        except OSError as exc:
            self._failed = True
            logger.error("hooks can't be kept: %s", exc, extra={"fields": {"file": str(path)}})
