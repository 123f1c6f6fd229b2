"""What is kept about each plugin over host restarts: enabled or not, wanted or not, quarantined or not.

Owns `plugins/<id>.json` in the data folder. Does not decide any of it: the supervisor does, and puts it here.
"""

import re
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Literal

import anyio
import anyio.to_thread
import msgspec

from host.ids import PluginId
from host.state.atomic import read_json, remove_leftovers, replace_file, sync_folder
from protocol.manifest import ID_PATTERN

MAX_BATCH = 16
"""Records that are written together: what comes next waits for so many writes of the disk at most."""


class Quarantine(msgspec.Struct, frozen=True):
    """Why a plugin is kept from starting."""

    since_wall_s: float
    reason: str
    digest: str
    """Of the package that failed; another one ends the quarantine."""


class KeptGrants(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a plugin was granted, and what the operator said of single permissions; canonical texts."""

    version: str = ""
    """The version that was granted `permissions`; empty before the first start."""
    permissions: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    """Granted by the operator, whatever manifest and policy say."""
    revoked: tuple[str, ...] = ()
    """Refused by the operator, whatever they say."""


class PluginRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the operator and the restart policy decided about one plugin."""

    enabled: bool = True
    wanted: Literal["running", "stopped"] | None = None
    """What was last asked for; None while nobody said."""
    quarantine: Quarantine | None = None
    grants: KeptGrants = KeptGrants()


class _Change:
    """One record on its way to the disk."""

    __slots__ = ("done", "error", "record")

    def __init__(self, record: PluginRecord | None) -> None:
        self.record = record
        """None: the file is to go."""
        self.done = False
        self.error: OSError | None = None


class Records:
    """The records of all plugins, one small file each.

    Changes that come together are written together: many plugins that are loaded at once wait for the folder
    to be synced once, and go through few worker threads.
    """

    def __init__(self, data_folder: Path, *, ephemeral: bool = False) -> None:
        """`ephemeral`: the folder goes with this host, so nobody will read what would be written."""
        self._folder = data_folder / "plugins"
        self._folder.mkdir(mode=0o700, exist_ok=True)
        remove_leftovers(self._folder)
        self._ephemeral = ephemeral
        self._cache: dict[PluginId, PluginRecord] = {}
        self._one_writer = anyio.Lock()
        self._waiting: dict[PluginId, _Change] = {}
        self._writing: dict[PluginId, _Change] = {}

    def get(self, plugin_id: PluginId) -> PluginRecord:
        """Return a plugin's record, read once; the default one for a plugin of which nothing is kept."""
        record = self._cache.get(plugin_id)
        if record is None:
            record = read_json(self._path(plugin_id), PluginRecord) or PluginRecord()
            self._cache[plugin_id] = record
        return record

    async def put(self, plugin_id: PluginId, record: PluginRecord) -> None:
        """Keep a record; on the disk when this returns. Raises OSError, and then the old one still holds."""
        under_way = plugin_id in self._waiting or plugin_id in self._writing
        if under_way or record != self.get(plugin_id):
            await self._change(plugin_id, record)

    async def delete(self, plugin_id: PluginId) -> int:
        """Forget a plugin; return 1 if anything was kept of it. Raises OSError, and then it still is."""
        there = self.get(plugin_id) != PluginRecord()
        await self._change(plugin_id, None)
        self._cache.pop(plugin_id, None)
        return int(there)

    async def _change(self, plugin_id: PluginId, record: PluginRecord | None) -> None:
        if self._ephemeral:
            self._settle(plugin_id, record)
            return
        # The last one is what counts: who waits for an earlier one waits for the same change.
        change = self._waiting.setdefault(plugin_id, _Change(record))
        change.record = record
        async with self._one_writer:
            while not change.done:
                await self._write_some()
        if change.error is not None:
            raise change.error

    async def _write_some(self) -> None:
        some = dict(islice(self._waiting.items(), MAX_BATCH))
        for plugin_id in some:
            del self._waiting[plugin_id]
        self._writing = some
        try:
            await anyio.to_thread.run_sync(self._write, some)
        finally:
            self._writing = {}
            for plugin_id, change in some.items():
                if not change.done:  # there was no thread to be had
                    self._waiting.setdefault(plugin_id, change)

    def _write(self, some: Mapping[PluginId, _Change]) -> None:
        """Write them all, then sync the folder; in a worker thread."""
        for plugin_id, change in some.items():
            try:
                if change.record is None:
                    self._path(plugin_id).unlink(missing_ok=True)
                elif change.record != self.get(plugin_id):
                    replace_file(self._path(plugin_id), msgspec.json.encode(change.record), durable=True)
            except OSError as exc:
                change.error = exc
        try:
            sync_folder(self._folder)
        except OSError as exc:
            for change in some.values():
                change.error = change.error or exc
        for plugin_id, change in some.items():
            # Here and not after the await: a cancelled caller must not leave the cache behind the disk.
            if change.error is None:
                self._settle(plugin_id, change.record)
            change.done = True

    def _settle(self, plugin_id: PluginId, record: PluginRecord | None) -> None:
        self._cache[plugin_id] = PluginRecord() if record is None else record

    def _path(self, plugin_id: PluginId) -> Path:
        if not re.fullmatch(ID_PATTERN, plugin_id):
            raise ValueError(f"{plugin_id!r} is not a plugin's id")
        return self._folder / f"{plugin_id}.json"
