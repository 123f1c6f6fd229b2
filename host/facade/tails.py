"""Tails: what comes line after line: logs, events, calls on the wire. Bounded; what is lost is counted."""

from collections import deque
from collections.abc import Sequence
from typing import Any, Final, Literal

import anyio
import msgspec

from host.base_error import PlughostError

Source = Literal["logs", "events", "rpc"]

MAX_UNREAD: Final = 10_000
"""Lines that wait for a reader; past it the oldest are dropped and counted."""


class TailQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which lines."""

    source: Source
    plugins: tuple[str, ...] = ()
    """Only those of these; all if empty."""
    last: int = 100
    """Lines from before the subscription, where there are such."""
    level: int = 0
    """Logs: from this level on, in logging's numbers."""
    topic: str = "**"
    """Events: pattern of topics."""
    kinds: tuple[str, ...] = ()
    """Events: only those of these kinds; all if empty."""
    bodies: bool = False
    """Calls: with parameters and results, cut and with secrets masked."""


class LogRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a plugin's log, or of the host's own where `plugin` is empty."""

    seq: int
    """Grows with each line of one host."""
    at_s: float
    plugin: str
    session: str
    level: int
    """Logging's numbers: 10 debug, 20 info, 30 warning, 40 error, 50 critical."""
    source: str
    """`log stderr stdout host`."""
    text: str
    """One line or several; cleaned of control characters but for the line breaks."""
    fields: dict[str, Any] = {}


class EventRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened."""

    seq: int
    at_s: float
    kind: str
    """`lifecycle configuration security plugin host audit`."""
    plugin: str
    """Empty where it is not about one."""
    topic: str
    text: str
    """One sentence."""
    severity: Literal["info", "warning", "error"] = "info"
    by: str = ""
    """Who did it, of an audit event."""
    data: Any = None
    """Cut to 4 KiB of JSON, secrets masked; a text where it was cut."""


class TraceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A request, a stream or a notification between the host and one plugin, when it began and when it ended.

    It comes twice where it takes longer than a frame: with `ended_s` None first; `key` is the same.
    """

    key: str
    """Session, direction and id; unique in one host."""
    at_s: float
    plugin: str
    session: str
    direction: Literal["in", "out"]
    """`in`: the host asks the plugin; `out`: the plugin asks the host."""
    kind: Literal["request", "stream", "notification"]
    id: str
    """Empty for a notification."""
    method: str
    parent: str = ""
    """Key of the call that it serves; empty if it serves none."""
    ended_s: float | None = None
    code: int = 0
    """0, or that of the error it ended with."""
    error: str = ""
    request_bytes: int = 0
    response_bytes: int = 0
    items: int = 0
    """Of a stream so far."""
    params: Any = None
    """Only where bodies were asked for; a text where it was cut."""
    result: Any = None


Line = LogRow | EventRow | TraceRow

LINE_TYPES: Final[dict[Source, type[Any]]] = {"logs": LogRow, "events": EventRow, "rpc": TraceRow}


class Batch(msgspec.Struct, frozen=True):
    """Lines that came together."""

    lines: Sequence[Any]
    """`LogRow`, `EventRow` or `TraceRow`, by the query's source; oldest first."""
    dropped: int = 0
    """Lines that were lost before these, at any place on their way."""


class Tail:
    """Lines as they come: `async for batch in tail`. Fed by whoever made the subscription."""

    def __init__(self, most: int = MAX_UNREAD) -> None:
        self._unread: deque[Any] = deque()
        self._most = most
        self._dropped = 0
        self._news = anyio.Event()
        self._error: PlughostError | None = None
        self._ended = False

    def take(self, batch: Batch) -> None:
        """Take lines in; never waits."""
        self._dropped += batch.dropped
        self._unread.extend(batch.lines)
        while len(self._unread) > self._most:
            self._unread.popleft()
            self._dropped += 1
        if self._unread or self._dropped:
            self._news.set()

    def close(self, error: PlughostError | None = None) -> None:
        """End it once all is read: with an error, or none where it was ended on purpose."""
        self._error = error
        self._ended = True
        self._news.set()

    def __aiter__(self) -> "Tail":
        return self

    async def __anext__(self) -> Batch:
        while not (self._unread or self._dropped):
            if self._error is not None:
                raise self._error
            if self._ended:
                raise StopAsyncIteration
            self._news = anyio.Event()
            await self._news.wait()
        batch = Batch([*self._unread], self._dropped)
        self._unread.clear()
        self._dropped = 0
        return batch
