"""Spaces: the folders of each plugin below the data folder, which survive its updates.

`data` is what it keeps, `cache` what it may lose, `inbox` where the host hands files over to it. Owns where
they are, that they are the plugin's alone (0700), and how much they hold.
"""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from protocol.manifest import ID_PATTERN

FOLDER: Final = "spaces"
MODE: Final = 0o700


@dataclass(frozen=True, slots=True)
class Space:
    """One plugin's folders; they exist."""

    data: Path
    cache: Path
    inbox: Path


@dataclass(frozen=True, slots=True)
class SpaceUsage:
    """What lies in one plugin's folders, without following links."""

    data_bytes: int
    cache_bytes: int
    files: int


class Spaces:
    """All plugins' folders of one host."""

    def __init__(self, data_folder: Path) -> None:
        self._folder = data_folder / FOLDER
        self._folder.mkdir(mode=MODE, exist_ok=True)
        self._made: dict[str, Space] = {}

    def of(self, plugin: str) -> Space:
        """Return a plugin's folders, made if they are not there. Raises OSError."""
        space = self._made.get(plugin)
        if space is None:
            base = self._path(plugin)
            space = Space(base / "data", base / "cache", base / "inbox")
            for folder in (base, space.data, space.cache, space.inbox):
                folder.mkdir(mode=MODE, exist_ok=True)
            self._made[plugin] = space
        return space

    def usage(self, plugin: str) -> SpaceUsage:
        """Count what a plugin keeps; for a worker thread. What vanishes meanwhile counts as nothing."""
        base = self._path(plugin)
        data_bytes, data_files = _count(base / "data")
        cache_bytes, cache_files = _count(base / "cache")
        return SpaceUsage(data_bytes, cache_bytes, data_files + cache_files)

    def wipe(self, plugin: str) -> int:
        """Delete everything of a plugin, which must not run; for a worker thread. Raises OSError.

        Returns how many files there were; 1 at least if there was a folder.
        """
        base = self._path(plugin)
        if base.is_symlink() or not base.exists():
            return 0
        files = self.usage(plugin).files
        self._made.pop(plugin, None)
        shutil.rmtree(base)
        return max(1, files)

    def _path(self, plugin: str) -> Path:
        if not re.fullmatch(ID_PATTERN, plugin):
            raise ValueError(f"{plugin!r} is not a plugin's id")
        return self._folder / plugin


def _count(folder: Path) -> tuple[int, int]:
    """Return bytes on the disk, holes not counted, and number of files below a folder."""
    size, files = 0, 0
    waiting = [os.fspath(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        size += entry.stat(follow_symlinks=False).st_blocks * 512
                        files += 1
        except OSError:
            continue
    return size, files
