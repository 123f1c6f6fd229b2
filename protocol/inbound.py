"""One request of the other side while it is served: what its handler may ask and say.

`protocol.incoming` makes it, serves it and answers it; handlers meet it through whoever owns the peer.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

import msgspec

from protocol.credit import ProducerWindow
from protocol.jsonrpc import RequestId


class Owner(Protocol):
    """What a request asks of the side that serves it."""

    def send_progress(self, request_id: RequestId, message: str, done: float | None) -> None:
        """Send `$/progress`."""
        ...

    def call_back(self, callback: Callable[[], None]) -> None:
        """Run a callback of the handler's, whatever it raises."""
        ...


class Inbound(msgspec.Struct, eq=False):
    """One request while it is served."""

    _incoming: Owner
    id: RequestId
    method: str
    params: msgspec.Raw
    cancelled: bool = False
    started: bool = False
    finished: bool = False
    began_s: float = 0.0
    """When its handler was started, by `time.perf_counter`; where the side that serves it is timed."""
    code: int = 0
    """Of the error that it was answered with; 0 for a result."""
    task: asyncio.Task[None] | None = None
    window: ProducerWindow | None = None
    waker: asyncio.Future[None] | None = None
    _on_cancel: list[Callable[[], None]] | None = None

    def progress(self, message: str = "", done: float | None = None) -> None:
        """Tell the caller that work goes on; its idle deadline starts again."""
        self._incoming.send_progress(self.id, message, done)

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Have `callback` called when the caller cancels; at once if it did already."""
        if self.cancelled:
            self._incoming.call_back(callback)
        elif self._on_cancel is None:
            self._on_cancel = [callback]
        else:
            self._on_cancel.append(callback)

    def cancel(self) -> None:
        """Cancel the handler."""
        if not self.cancelled:
            self.cancelled = True
            for callback in self._on_cancel or ():
                self._incoming.call_back(callback)
            # A task that is cancelled before its first step never runs, and would never answer.
            if self.task is not None and self.started:
                self.task.cancel()


class Stream:
    """A result that is a stream: its items, and the credit that the caller gave."""

    __slots__ = ("credit", "items")

    def __init__(self, items: AsyncIterator[Any], credit: int) -> None:
        self.items = items
        self.credit = credit
