"""FolderWatch: tells which files of a plugin's folder changed. Called by `plughost dev`.

Looks at times and sizes again and again, which needs no package and works on every file system. Reads no
file, and decides nothing of what a change means.
"""

import os
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread

from host.devtools.source_tree import PASSED_OVER

POLL_S: Final = 0.5
"""Seconds between two looks."""

MAX_WATCHED: Final = 20_000
"""Files that are looked at; of a larger folder the rest is not watched."""

Snapshot = dict[str, tuple[int, int]]
"""File, relative to the folder with `/`, to its time of change in ns and its size in bytes."""


class FolderWatch:
    """One folder. Hidden files, caches, tests and what was built are not looked at."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = _look(folder)

    async def changed(self) -> tuple[str, ...]:
        """Wait until files differ from the last answer; return their names, gone ones included.

        Waits on until two looks in a row agree, so that an editor is not caught half-way through a save.
        """
        while True:
            await anyio.sleep(POLL_S)
            now = await anyio.to_thread.run_sync(_look, self._folder)
            if now == self._seen:
                continue
            while True:
                await anyio.sleep(POLL_S / 5)
                again = await anyio.to_thread.run_sync(_look, self._folder)
                if again == now:
                    break
                now = again
            before, self._seen = self._seen, now
            names = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
            if names:
                return tuple(names)


def _look(folder: Path) -> Snapshot:
    found: Snapshot = {}
    for place, folders, files in os.walk(folder):
        folders[:] = [one for one in folders if one not in PASSED_OVER and not one.startswith(".")]
        for name in files:
            if name.startswith(".") or name.endswith(("~", ".pyc", ".swp")):
                continue
            file = Path(place) / name
            try:
                status = file.stat()
            except OSError:
                continue  # it went while we looked
            found[file.relative_to(folder).as_posix()] = (status.st_mtime_ns, status.st_size)
            if len(found) >= MAX_WATCHED:
                return found
    return found
