"""RecorderFolder: where the flight recorder lies in a data folder, and how it is written and read.

A folder for each plugin, a file for each kind of entry, and an older one of each: together they hold the last
500 entries at least and 1,000 or so at most. Files are appended to without waiting for the disk, so they
outlive the host's death, not the machine's. Reading needs no host.
"""

import re
from pathlib import Path

from host.ids import PluginId
from host.observe import entries
from host.observe.axis import Axis
from host.observe.entries import KEPT, KINDS, TYPES, Kind, Timeline
from host.observe.track import Batch, placed
from host.state.rotating_file import RotatingFile, read_rotated, remove_rotated
from protocol.manifest import ID_PATTERN

FILES = 2
"""Files of each kind: the present one and an older one."""


class RecorderFolder:
    """The flight recorder of one data folder."""

    def __init__(self, data_folder: Path) -> None:
        self._folder = data_folder / "recorder"
        self._files: dict[tuple[str, Kind], RotatingFile] = {}

    def plugins(self) -> list[str]:
        """Return the plugins of which something is recorded."""
        try:
            return sorted(one.name for one in self._folder.iterdir() if re.fullmatch(ID_PATTERN, one.name))
        except FileNotFoundError:
            return []

    def last_write_s(self) -> float:
        """Return when anything was written last, by the wall clock; 0 for never."""
        latest = 0.0
        for plugin in self.plugins():
            for kind in KINDS:
                path = self._path(plugin, kind)
                if path.exists():
                    latest = max(latest, path.stat().st_mtime)
        return latest

    def write(self, plugin: PluginId, batch: Batch, axis: Axis) -> None:
        """Append a batch; blocks. Raises OSError, and then some kinds of it may be there."""
        parts: tuple[tuple[Kind, list[object]], ...] = (
            ("changes", [*batch.changes]),
            ("calls", [*placed(batch.calls, axis)]),
            ("samples", [*batch.samples]),
            ("lines", [*batch.lines]),
        )
        for kind, some in parts:
            if some:
                self._file(plugin, kind).append(entries.encode(some))
                # What is there already is not given back when a later kind fails.
                getattr(batch, kind).clear()

    def read(self, plugin: str) -> Timeline:
        """Return what is recorded of a plugin; blocks."""
        if not re.fullmatch(ID_PATTERN, plugin):
            return Timeline(plugin)
        found = {
            kind: tuple(entries.decode(read_rotated(self._path(plugin, kind), FILES), TYPES[kind])[-KEPT:])
            for kind in KINDS
        }
        return Timeline(plugin, **found)

    def forget(self, plugin: str) -> int:
        """Remove what is recorded of a plugin; return how many files that was. Blocks. Raises OSError."""
        count = 0
        for kind in KINDS:
            count += remove_rotated(self._path(plugin, kind), FILES)
            self._files.pop((plugin, kind), None)
        try:
            (self._folder / plugin).rmdir()
        except OSError:
            pass  # it is not there, or holds what is not ours
        return count

    def _file(self, plugin: str, kind: Kind) -> RotatingFile:
        file = self._files.get((plugin, kind))
        if file is None:
            path = self._path(plugin, kind)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = self._files[plugin, kind] = RotatingFile(path, files=FILES, most_lines=KEPT)
        return file

    def _path(self, plugin: str, kind: Kind) -> Path:
        if not re.fullmatch(ID_PATTERN, plugin):
            raise ValueError(f"{plugin!r} is not a plugin's id")
        return self._folder / plugin / f"{kind}.jsonl"
