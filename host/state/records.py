"""What is kept about each plugin over host restarts: enabled or not, wanted or not, quarantined or not.

Owns `plugins/<id>.json` in the data folder. Does not decide any of it: the supervisor does, and puts it here.
"""

import re
from functools import partial
from pathlib import Path
from typing import Literal

import anyio
import anyio.to_thread
import msgspec

from host.ids import PluginId
from host.state.atomic import read_json, remove_leftovers, write_atomic
from protocol.manifest import ID_PATTERN


class Quarantine(msgspec.Struct, frozen=True):
    """Why a plugin is kept from starting."""

    since_wall_s: float
    reason: str
    digest: str
    """Of the package that failed; another one ends the quarantine."""


class PluginRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the operator and the restart policy decided about one plugin."""

    enabled: bool = True
    wanted: Literal["running", "stopped"] | None = None
    """What was last asked for; None while nobody said."""
    quarantine: Quarantine | None = None


class Records:
    """The records of all plugins, one small file each."""

    def __init__(self, data_folder: Path) -> None:
        self._folder = data_folder / "plugins"
        self._folder.mkdir(mode=0o700, exist_ok=True)
        remove_leftovers(self._folder)
        self._cache: dict[PluginId, PluginRecord] = {}
        self._one_writer = anyio.Lock()

    def get(self, plugin_id: PluginId) -> PluginRecord:
        """Return a plugin's record, read once; the default one for a plugin of which nothing is kept."""
        record = self._cache.get(plugin_id)
        if record is None:
            record = read_json(self._path(plugin_id), PluginRecord) or PluginRecord()
            self._cache[plugin_id] = record
        return record

    async def put(self, plugin_id: PluginId, record: PluginRecord) -> None:
        """Keep a record; on the disk when this returns. Raises OSError, and then the old one still holds."""
        async with self._one_writer:
            if record != self.get(plugin_id):
                await anyio.to_thread.run_sync(partial(self._write, plugin_id, record))

    async def delete(self, plugin_id: PluginId) -> None:
        """Forget a plugin."""
        async with self._one_writer:
            await anyio.to_thread.run_sync(partial(self._unlink, plugin_id))

    def _write(self, plugin_id: PluginId, record: PluginRecord) -> None:
        write_atomic(self._path(plugin_id), msgspec.json.encode(record))
        # Here and not after the await: a cancelled caller must not leave the cache behind the disk.
        self._cache[plugin_id] = record

    def _unlink(self, plugin_id: PluginId) -> None:
        self._path(plugin_id).unlink(missing_ok=True)
        self._cache.pop(plugin_id, None)

    def _path(self, plugin_id: PluginId) -> Path:
        if not re.fullmatch(ID_PATTERN, plugin_id):
            raise ValueError(f"{plugin_id!r} is not a plugin's id")
        return self._folder / f"{plugin_id}.json"
