"""Feed: lines of one source, the last ones and those that come, to whoever follows them.

Nothing here waits: a reader that is too slow loses the oldest lines, and is told how many. What is kept is
shared fairly: a plugin that floods pushes out its own lines, and not those of others.
"""

import heapq
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, Generic, Protocol, TypeVar

from host.facade.tails import Batch, EventRow, LogRow, Tail, TraceRow

KEPT_LINES: Final = 2_000
"""Last lines of a feed, for those who come later."""

MAX_BACKLOG: Final = KEPT_LINES


class Line(Protocol):
    """What a line has to say of itself."""

    @property
    def plugin(self) -> str:
        """Whose it is; empty for the host's own."""
        ...


_L = TypeVar("_L", bound=Line)


class Feed(Generic[_L]):
    """One source."""

    def __init__(self) -> None:
        self._last: dict[str, deque[tuple[int, _L]]] = {}
        """By plugin, each with its place in the order in which they came."""
        self._kept = 0
        self._came = 0
        self._tails: dict[Tail, Callable[[_L], bool]] = {}
        self._seq = 0

    @property
    def followed(self) -> bool:
        """Whether anybody follows."""
        return bool(self._tails)

    def next_seq(self) -> int:
        """Return the number of the line that comes next."""
        self._seq += 1
        return self._seq

    def publish(self, line: _L) -> None:
        """Hand a line on, and keep it for a while."""
        self._came += 1
        own = self._last.get(line.plugin)
        if own is None:
            own = self._last[line.plugin] = deque()
        own.append((self._came, line))
        if self._kept < KEPT_LINES:
            self._kept += 1
        else:
            self._forget(own)
        if self._tails:
            self.pass_on(line)

    def _forget(self, own: deque[tuple[int, _L]]) -> None:
        """Let go a line: the oldest of whoever has more than its share, first of who came last."""
        if len(own) <= max(1, KEPT_LINES // len(self._last)):
            own = max(self._last.values(), key=len)
        own.popleft()
        if not own:
            self._last = {plugin: lines for plugin, lines in self._last.items() if lines}

    def pass_on(self, line: _L) -> None:
        """Hand a line on without keeping it."""
        for tail, wanted in self._tails.items():
            if wanted(line):
                tail.take(Batch((line,)))

    def last(self, count: int, wanted: Callable[[_L], bool]) -> list[_L]:
        """Return the last lines that are wanted, oldest first."""
        newest_first = heapq.merge(*map(reversed, self._last.values()), key=lambda kept: -kept[0])
        found = [*islice((line for _, line in newest_first if wanted(line)), max(0, count))]
        return found[::-1]

    @contextmanager
    def follow(self, last: int, wanted: Callable[[_L], bool]) -> Generator[Tail]:
        """Follow it: the last lines first, then each as it comes."""
        tail = Tail()
        if backlog := self.last(min(last, MAX_BACKLOG), wanted):
            tail.take(Batch(backlog))
        self._tails[tail] = wanted
        try:
            yield tail
        finally:
            del self._tails[tail]
            tail.close()


@dataclass(frozen=True, slots=True)
class Feeds:
    """All sources of one host."""

    logs: Feed[LogRow] = field(default_factory=Feed[LogRow])
    events: Feed[EventRow] = field(default_factory=Feed[EventRow])
    rpc: Feed[TraceRow] = field(default_factory=Feed[TraceRow])


def cut(value: Any, text: str, most: int = 4_096) -> Any:
    """Return a value, or the beginning of its JSON text where that is too long."""
    return value if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"
