"""Storage cache: values that were lately read or written, so that reading one again costs no thread.

Owns what may be believed of it. It is changed on the event loop alone, in the order in which writes reached
the disk, so whoever has been told of a write reads it.
"""

from collections import OrderedDict
from typing import Final

from host.state.storage_file import Row

MAX_BYTES: Final = 16 * 1024 * 1024
"""Of all plugins together, keys and values, each counted with a fixed sum on top."""

MAX_VALUE_BYTES: Final = 256 * 1024
"""Larger values are read from the disk each time."""

_FIXED_BYTES: Final = 200

Key = tuple[str, str]


class StorageCache:
    """Rows by plugin and key; None for what is known not to be there."""

    def __init__(self) -> None:
        self._rows: OrderedDict[Key, Row | None] = OrderedDict()
        self._bytes = 0
        self._reading: dict[Key, int] = {}
        """Keys that somebody reads from the disk, and how many do."""
        self._written: set[Key] = set()
        """Those of them that were written meanwhile: what is read may be older."""

    def get(self, plugin: str, key: str) -> tuple[bool, Row | None]:
        """Return whether a key is known, and its row."""
        place = (plugin, key)
        try:
            row = self._rows[place]
        except KeyError:
            return False, None
        self._rows.move_to_end(place)
        return True, row

    def written(self, plugin: str, key: str, row: Row | None) -> None:
        """Note what a write that is on the disk has left; None if the key is gone."""
        place = (plugin, key)
        if place in self._reading:
            self._written.add(place)
        self._put(place, row)

    def begin_read(self, plugin: str, key: str) -> None:
        """Note that a key is being read from the disk."""
        place = (plugin, key)
        self._reading[place] = self._reading.get(place, 0) + 1

    def end_read(self, plugin: str, key: str, row: Row | None, *, failed: bool = False) -> None:
        """Keep what was read, unless the key was written meanwhile."""
        place = (plugin, key)
        self._reading[place] -= 1
        if not failed and place not in self._written:
            self._put(place, row)
        if not self._reading[place]:
            del self._reading[place]
            self._written.discard(place)

    def forget(self, plugin: str) -> None:
        """Forget everything of a plugin."""
        for place in [place for place in self._rows if place[0] == plugin]:
            self._drop(place)
        self._written.update(place for place in self._reading if place[0] == plugin)

    def _put(self, place: Key, row: Row | None) -> None:
        if place in self._rows:
            self._drop(place)
        if row is not None and len(row.value) > MAX_VALUE_BYTES:
            return
        self._rows[place] = row
        self._bytes += _weight(place, row)
        while self._bytes > MAX_BYTES:
            self._drop(next(iter(self._rows)))

    def _drop(self, place: Key) -> None:
        self._bytes -= _weight(place, self._rows.pop(place))


def _weight(place: Key, row: Row | None) -> int:
    return _FIXED_BYTES + len(place[1]) + (0 if row is None else len(row.value))
