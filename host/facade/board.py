"""Board: a picture of the host that moves: rows by topic and key, kept up to date by frames.

Pure values and bookkeeping: `Differ` makes frames from pictures, `Board` takes frames in. The host's side of
a connection owns a differ for each client, so a slow one is sent fewer frames that hold more, and nothing
queues. The same frames come from a host in this process, over a socket and out of a recording.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import anyio
import msgspec

from host.base_error import PlughostError
from host.facade.rows import (
    HOST,
    METHODS,
    PLUGINS,
    PROBLEMS,
    PROMPTS,
    HostRow,
    MethodRow,
    PluginRow,
    ProblemRow,
    PromptRow,
)

Row = Mapping[str, Any]
"""A row's fields as JSON values; one that was given to a differ is never changed."""
Picture = Mapping[str, Mapping[str, Row]]
"""Rows by topic and key."""

_T = TypeVar("_T")


class Frame(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of a board: a whole picture, or what is different since the step before."""

    epoch: str
    """Names the run of the host; another one means that nothing known before counts."""
    seq: int
    """1 for the first frame of a subscription, then one more each time."""
    at_s: float
    """When the picture was taken, in seconds since the epoch."""
    whole: bool = False
    """Rows that are not in it are gone."""
    set: dict[str, dict[str, dict[str, Any]]] = {}
    """By topic and key: all fields of a new row, and the changed fields of a known one."""
    gone: dict[str, list[str]] = {}
    """Keys of rows that are no more, by topic."""


class OutOfStep(Exception):
    """A frame does not follow the one before it; subscribe anew."""


class Differ:
    """What one subscriber was told last, and what to tell it next."""

    def __init__(self, epoch: str) -> None:
        self._epoch = epoch
        self._seq = 0
        self._told: dict[str, dict[str, Row]] = {}

    def frame(self, picture: Picture, at_s: float) -> Frame | None:
        """Return the step from what was told last to this picture; None if nothing is different."""
        whole = self._seq == 0
        changed: dict[str, dict[str, dict[str, Any]]] = {}
        gone: dict[str, list[str]] = {}
        for topic, rows in picture.items():
            told = self._told.get(topic, {})
            steps: dict[str, dict[str, Any]] = {}
            for key, row in rows.items():
                before = told.get(key)
                if before is row:
                    continue
                step = dict(row) if before is None else {k: v for k, v in row.items() if before.get(k) != v}
                if step or before is None:
                    steps[key] = step
            if steps or whole:
                changed[topic] = steps
            if lost := [key for key in told if key not in rows]:
                gone[topic] = lost
        for topic in self._told.keys() - picture.keys():
            gone[topic] = [*self._told[topic]]
        if not whole and not changed and not gone:
            return None
        self._told = {topic: dict(rows) for topic, rows in picture.items()}
        self._seq += 1
        return Frame(self._epoch, self._seq, at_s, whole, changed, gone)


class Board:
    """The picture as a subscriber sees it. Fed by whoever made the subscription."""

    def __init__(self) -> None:
        self.epoch = ""
        self.at_s = 0.0
        """When the picture was taken; seconds since the epoch."""
        self._seq = 0
        self._rows: dict[str, dict[str, dict[str, Any]]] = {}
        self._typed: dict[tuple[str, str], Any] = {}
        self._moved: set[tuple[str, str]] = set()
        self._news = anyio.Event()
        self._error: PlughostError | None = None

    def apply(self, frame: Frame) -> None:
        """Take a frame in. Raises OutOfStep if it does not follow; nothing is changed then."""
        if not frame.whole and (frame.epoch != self.epoch or frame.seq != self._seq + 1):
            raise OutOfStep(f"frame {frame.seq} of {frame.epoch} after {self._seq} of {self.epoch}")
        if frame.whole:
            self._moved |= {(topic, key) for topic, rows in self._rows.items() for key in rows}
            self._rows = {}
            self._typed = {}
        self.epoch, self._seq, self.at_s = frame.epoch, frame.seq, frame.at_s
        for topic, steps in frame.set.items():
            rows = self._rows.setdefault(topic, {})
            for key, step in steps.items():
                before = rows.get(key)
                rows[key] = step if before is None else before | step
                self._typed.pop((topic, key), None)
                self._moved.add((topic, key))
        for topic, keys in frame.gone.items():
            rows = self._rows.get(topic, {})
            for key in keys:
                rows.pop(key, None)
                self._typed.pop((topic, key), None)
                self._moved.add((topic, key))
        self._news.set()

    def close(self, error: PlughostError) -> None:
        """Have whoever waits get this error; the last picture stays."""
        self._error = error
        self._news.set()

    async def moved(self) -> frozenset[tuple[str, str]]:
        """Wait until something is different; return the topics and keys of what is, since the last call.

        Raises:
            PlughostError: The host is gone; what it was is in the error.
        """
        while not self._moved:
            if self._error is not None:
                raise self._error
            self._news = anyio.Event()
            await self._news.wait()
        moved, self._moved = frozenset(self._moved), set()
        return moved

    @property
    def picture(self) -> Picture:
        """All rows, as JSON values."""
        return self._rows

    @property
    def host(self) -> HostRow | None:
        """The host's row; None if its topic is not subscribed to."""
        return self._read(HOST, "", HostRow)

    def plugins(self) -> dict[str, PluginRow]:
        """Return the plugins' rows by id."""
        return self._all(PLUGINS, PluginRow)

    def plugin(self, plugin: str) -> PluginRow | None:
        """Return one plugin's row; None if there is none."""
        return self._read(PLUGINS, plugin, PluginRow)

    def problems(self) -> dict[str, ProblemRow]:
        """Return the problems' rows by id."""
        return self._all(PROBLEMS, ProblemRow)

    def prompts(self) -> dict[str, PromptRow]:
        """Return the rows of prompts that wait for an answer, by id."""
        return self._all(PROMPTS, PromptRow)

    def methods(self, plugin: str) -> dict[str, MethodRow]:
        """Return the rows of a plugin's methods by name."""
        return self._all(METHODS + plugin, MethodRow)

    def _all(self, topic: str, kind: type[_T]) -> dict[str, _T]:
        found = ((key, self._read(topic, key, kind)) for key in self._rows.get(topic, {}))
        return {key: row for key, row in found if row is not None}

    def _read(self, topic: str, key: str, kind: type[_T]) -> _T | None:
        known: _T | None = self._typed.get((topic, key))
        if known is None:
            row = self._rows.get(topic, {}).get(key)
            if row is None:
                return None
            # Fields of a newer host are passed over; one of an older host that is missing is an error.
            known = self._typed[topic, key] = msgspec.convert(row, kind)
        return known


def topics_of(plugin: str = "") -> tuple[str, ...]:
    """Return what a monitor subscribes to: all that moves, and one plugin's methods if one is looked at."""
    return (HOST, PLUGINS, PROBLEMS, PROMPTS, *((METHODS + plugin,) if plugin else ()))


def as_rows(values: Iterable[tuple[str, msgspec.Struct]]) -> dict[str, Row]:
    """Return rows by key as JSON values."""
    return {key: msgspec.to_builtins(value) for key, value in values}
