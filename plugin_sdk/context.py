"""Context: what a handler may know and say about the call that it serves.

A handler gets it by annotating a parameter with `Context`; that parameter does not come from the caller.
Calls that the handler makes to the host find it by themselves and inherit its budget.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar

import msgspec

from protocol.incoming import Inbound
from protocol.messages.meta import Meta


class Context(msgspec.Struct, eq=False):
    """The call that is being served. Its methods may be used from any thread."""

    _inbound: Inbound
    _meta: Meta | None
    _loop: asyncio.AbstractEventLoop
    _thread: int
    _received_s: float

    @property
    def deadline(self) -> float | None:
        """When the caller stops waiting, on `time.monotonic`'s scale; None if it did not say."""
        if self._meta is None or self._meta.deadline_ms is None:
            return None
        return self._received_s + self._meta.deadline_ms / 1_000

    @property
    def traceparent(self) -> str | None:
        """W3C trace context of the caller, if there is one."""
        return None if self._meta is None else self._meta.traceparent

    @property
    def method(self) -> str:
        """Name of the method that was called."""
        return self._inbound.method

    @property
    def request_id(self) -> int | str:
        """Id of the request on the wire."""
        return self._inbound.id

    @property
    def cancelled(self) -> bool:
        """Whether the caller no longer wants the result. A `def` handler looks at this now and then."""
        return self._inbound.cancelled

    @property
    def finished(self) -> bool:
        """Whether the call was answered; a task that its handler left behind may ask."""
        return self._inbound.finished

    def remaining_s(self) -> float | None:
        """Seconds that are left of the budget, never below 0; None if there is no deadline."""
        deadline = self.deadline
        return None if deadline is None else max(0.0, deadline - time.monotonic())

    def progress(self, message: str = "", done: float | None = None) -> None:
        """Tell the caller that work goes on. `done` is the share that is done, 0 to 1."""
        self._on_loop(lambda: self._inbound.progress(message, done))

    def on_cancel(self, callback: Callable[[], object]) -> None:
        """Have `callback` called on the event loop when the caller cancels."""
        self._on_loop(lambda: self._inbound.on_cancel(lambda: (callback(), None)[1]))

    def _on_loop(self, action: Callable[[], None]) -> None:
        if threading.get_ident() == self._thread:
            action()
        else:
            self._loop.call_soon_threadsafe(action)


current: ContextVar[Context | None] = ContextVar("plugin_sdk_current_call", default=None)
"""The call that the running handler serves."""
