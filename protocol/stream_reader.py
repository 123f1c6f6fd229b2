"""One stream as its consumer sees it: items in order, credit granted as they are taken, one end.

Owns the items between their arrival and the reader. `protocol.outgoing` opens streams, hands arriving items
over and keeps their deadlines.
"""

import asyncio
from collections import deque
from typing import Protocol

import msgspec

from protocol import jsonrpc
from protocol.credit import ConsumerWindow
from protocol.errors import RpcError
from protocol.messages.meta import StreamItem


class Call(Protocol):
    """What a reader asks of the request that opened the stream."""

    def done(self) -> bool:
        """Whether its answer, which ends the stream, is there."""
        ...

    def result(self) -> jsonrpc.Message:
        """Return the answer, or raise what came instead of it."""
        ...

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop that it belongs to."""
        ...

    def acknowledge(self, items: int) -> None:
        """Send `$/credit`."""
        ...

    def abandon(self) -> None:
        """Forget it, and cancel it if it still runs."""
        ...


class StreamReader:
    """Items of one stream, in order; grants credit as they are taken."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._items: deque[tuple[msgspec.Raw, int]] = deque()
        self._window = ConsumerWindow()
        self._seq = 0
        self._waker: asyncio.Future[None] | None = None
        self._open = True

    @property
    def behind(self) -> bool:
        """Whether items wait to be taken: then it is the consumer that takes its time."""
        return bool(self._items)

    async def next(self) -> msgspec.Raw | None:
        """Return the next item, or None at the end or once it is closed.

        Raises:
            RpcError: The stream ended with an error, or a deadline passed.
        """
        while True:
            if self._items:
                item, size = self._items.popleft()
                if owed := self._window.consumed(size):
                    self._call.acknowledge(owed)
                return item
            if self._call.done():
                message = self._call.result()
                self.close()
                if message.error is not msgspec.UNSET:
                    raise answered_error(message)
                return None
            if not self._open:
                return None
            self._waker = self._call.get_loop().create_future()
            await self._waker

    def close(self) -> None:
        """Stop the stream; a second call does nothing."""
        if self._open:
            self._open = False
            self._items.clear()
            self._call.abandon()
            self.wake()

    def take(self, item: StreamItem) -> bool:
        """Store an arriving item; False if it breaks order or credit."""
        size = len(bytes(item.item))
        if item.seq != self._seq or not self._window.arrived(size):
            return False
        self._seq += 1
        self._items.append((item.item, size))
        self.wake()
        return True

    def wake(self) -> None:
        """Let the reader look again."""
        if self._waker is not None and not self._waker.done():
            self._waker.set_result(None)


def answered_error(message: jsonrpc.Message) -> RpcError:
    """Return the exception that an error answer stands for."""
    if message.error is msgspec.UNSET:
        return RpcError(jsonrpc.INVALID_ANSWER, "the answer has neither a result nor an error")
    try:
        error = jsonrpc.decode_error(message.error)
    except Exception:  # noqa: BLE001 - raw text from the other side; whatever is wrong with it, it is no error object
        return RpcError(jsonrpc.INVALID_ANSWER, "the answer's error can't be read")
    return RpcError(error.code, error.message, error.data)
