"""What takes the notifications of a client's subscriptions: a board, a tail, a stream."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from host.base_error import PlughostError
from host.control import wire
from host.errors import HostClosed, ProtocolFault, StreamOverrun
from host.facade.board import Board, Frame, OutOfStep
from host.facade.tails import LINE_TYPES, Batch, Source, Tail
from protocol.credit import STREAM_CREDIT, ConsumerWindow


class _Framed(msgspec.Struct, frozen=True):
    frame: Frame


class BoardFollower:
    """Feeds a board."""

    def __init__(self) -> None:
        self.board = Board()
        self.ready = asyncio.Event()
        """Set once it has its first picture, or an error."""
        self.error: PlughostError | None = None

    def took(self, method: str, params: msgspec.Raw) -> None:
        """Take a frame."""
        if self.error is not None:
            return
        try:
            self.board.apply(msgspec.json.decode(params, type=_Framed).frame)
        except OutOfStep as exc:
            self.ended(ProtocolFault(f"the host left a frame out: {exc}", remedy="attach again"))
        self.ready.set()

    def ended(self, error: PlughostError | None) -> None:
        """See the end of it."""
        self.error = error or HostClosed("the host ended the board", remedy="attach again")
        self.board.close(self.error)
        self.ready.set()


class TailFollower:
    """Feeds a tail."""

    def __init__(self, source: Source) -> None:
        self.tail = Tail()
        kind = LINE_TYPES[source]
        self._decode = msgspec.json.Decoder(list[kind]).decode

    def took(self, method: str, params: msgspec.Raw) -> None:
        """Take lines."""
        batch = msgspec.json.decode(params, type=_Lines)
        self.tail.take(Batch(self._decode(batch.lines), batch.dropped))

    def ended(self, error: PlughostError | None) -> None:
        """See the end of it."""
        self.tail.close(error)


class _Lines(msgspec.Struct, frozen=True):
    lines: msgspec.Raw
    dropped: int = 0


class StreamFollower:
    """Holds a stream's items until they are taken; never more than there was credit for."""

    def __init__(self) -> None:
        self._items: deque[tuple[Any, int]] = deque()
        self._window = ConsumerWindow(STREAM_CREDIT)
        self._news = asyncio.Event()
        self._done = False
        self._error: PlughostError | None = None

    def took(self, method: str, params: msgspec.Raw) -> None:
        """Take an item."""
        text = msgspec.json.decode(params, type=wire.ItemParams).item
        if self._done:
            return
        if not self._window.arrived(len(text)):
            self.ended(StreamOverrun("the host sent more items than it had credit for", remedy="update it"))
            return
        self._items.append((msgspec.json.decode(text), len(text)))
        self._news.set()

    def ended(self, error: PlughostError | None) -> None:
        """See the end of it."""
        self._done, self._error = True, error
        self._news.set()

    async def next(self, acknowledge: Callable[[int], None]) -> Any:
        """Wait for an item and return it. Raises StopAsyncIteration at the end, or the stream's error."""
        while not self._items:
            if self._error is not None:
                raise self._error
            if self._done:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        item, size = self._items.popleft()
        if credit := self._window.consumed(size):
            acknowledge(credit)
        return item
