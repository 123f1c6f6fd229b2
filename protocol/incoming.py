"""Requests of the other side: admission, serving, cancelling, answering, streams that are produced.

Every request is answered exactly once, also when it is cancelled. What a request means is its owner's
business: `handle` is called in a task of its own and returns the result, or a `Stream`.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec

from protocol import jsonrpc
from protocol.credit import ProducerWindow
from protocol.errors import (
    CANCELLED,
    FRAME_TOO_LARGE,
    INVALID_REQUEST,
    INVALID_RESULT,
    OVERLOADED,
    ErrorObject,
)
from protocol.framing import MAX_FRAME_BYTES
from protocol.outgoing import MAX_BUFFERED_BYTES, MAX_IN_FLIGHT, MAX_WAITING
from protocol.pipe import Pipe

STREAM = jsonrpc.method_name("$/stream")
PROGRESS = jsonrpc.method_name("$/progress")


class Stream:
    """A result that is a stream: its items, and the credit that the caller gave."""

    __slots__ = ("credit", "items")

    def __init__(self, items: AsyncIterator[Any], credit: int) -> None:
        self.items = items
        self.credit = credit


class Inbound:
    """One request while it is served."""

    __slots__ = (
        "_incoming",
        "_on_cancel",
        "cancelled",
        "id",
        "method",
        "params",
        "started",
        "task",
        "waker",
        "window",
    )

    def __init__(
        self, incoming: "Incoming", request_id: jsonrpc.RequestId, method: str, params: msgspec.Raw
    ) -> None:
        self._incoming = incoming
        self._on_cancel: list[Callable[[], None]] = []
        self.id = request_id
        self.method = method
        self.params = params
        self.cancelled = False
        self.started = False
        self.task: asyncio.Task[None] | None = None
        self.window: ProducerWindow | None = None
        self.waker: asyncio.Future[None] | None = None

    def progress(self, message: str = "", done: float | None = None) -> None:
        """Tell the caller that work goes on; its idle deadline starts again."""
        self._incoming.send_progress(self.id, message, done)

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Have `callback` called when the caller cancels; at once if it did already."""
        if self.cancelled:
            callback()
        else:
            self._on_cancel.append(callback)

    def cancel(self) -> None:
        """Cancel the handler."""
        if not self.cancelled:
            self.cancelled = True
            for callback in self._on_cancel:
                callback()
            # A task that is cancelled before its first step never runs, and would never answer.
            if self.task is not None and self.started:
                self.task.cancel()


Handle = Callable[[Inbound], Awaitable[Any]]
ToError = Callable[[BaseException, str], ErrorObject]


class Incoming:
    """All requests of the other side that are under way."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        pipe: Pipe,
        handle: Handle,
        to_error: ToError,
        on_fault: Callable[[str, str], None],
        *,
        unbounded: frozenset[str] = frozenset(),
        max_in_flight: int = MAX_IN_FLIGHT,
        max_waiting: int = MAX_WAITING,
        max_buffered_bytes: int = MAX_BUFFERED_BYTES,
        max_frame_bytes: int = MAX_FRAME_BYTES,
    ) -> None:
        self._loop = loop
        self._pipe = pipe
        self._handle = handle
        self._to_error = to_error
        self._on_fault = on_fault
        self._unbounded = unbounded
        self._max_in_flight = max_in_flight
        self._max_waiting = max_waiting
        self._max_buffered = max_buffered_bytes
        self._max_frame = max_frame_bytes
        self._serving: dict[jsonrpc.RequestId, Inbound] = {}
        self._backlog: deque[Inbound] = deque()
        self._known: dict[jsonrpc.RequestId, Inbound] = {}
        self._held_bytes = 0
        self.tasks: asyncio.TaskGroup | None = None
        """Where handlers run; set by the peer while it runs."""
        self.served = 0
        """Requests answered so far."""

    @property
    def in_flight(self) -> int:
        """Requests that are being served."""
        return len(self._serving)

    def under_way(self) -> list[Inbound]:
        """Return the requests that are served or wait for it."""
        return [*self._known.values()]

    def accept(self, message: jsonrpc.Message, method: str) -> None:
        """Take a request."""
        request_id = message.id
        if not isinstance(request_id, int | str) or not jsonrpc.valid_id(request_id):
            self._on_fault(
                "invalid_id", f"{method[:60]} has an id that is no 64-bit integer and no short text"
            )
            self._pipe.write(jsonrpc.build_error(None, ErrorObject(INVALID_REQUEST, "the id is not usable")))
            return
        if request_id in self._known:
            self._on_fault("duplicate_id", f"request id {request_id!r} is in use already")
            error = ErrorObject(
                INVALID_REQUEST, f"id {request_id!r} is in use by a request that is under way"
            )
            self._pipe.write(jsonrpc.build_error(None, error))
            return
        params = message.params if message.params is not msgspec.UNSET else msgspec.Raw(b"{}")
        inbound = Inbound(self, request_id, method, params)
        if len(self._serving) < self._max_in_flight or method in self._unbounded:
            self._known[request_id] = inbound
            self._start(inbound)
        elif len(self._backlog) >= self._max_waiting:
            error = ErrorObject(OVERLOADED, f"{len(self._backlog)} requests are waiting already")
            self._pipe.write(jsonrpc.build_error(request_id, error))
        else:
            self._known[request_id] = inbound
            self._backlog.append(inbound)
            self._held_bytes += len(bytes(params))
            if self._held_bytes > self._max_buffered:
                self._pipe.pause()

    def cancel(self, request_id: jsonrpc.RequestId) -> None:
        """Take a `$/cancel`; of a request that is answered already, nothing happens."""
        inbound = self._known.get(request_id)
        if inbound is None:
            return
        if inbound.task is None and inbound in self._backlog:
            self._backlog.remove(inbound)
            self._unhold(inbound)
            del self._known[request_id]
            self._pipe.write(jsonrpc.build_error(request_id, _CANCELLED))
        else:
            inbound.cancel()

    def credit(self, request_id: jsonrpc.RequestId, items: int) -> None:
        """Take a `$/credit`."""
        inbound = self._known.get(request_id)
        if inbound is None or inbound.window is None:
            return
        if not inbound.window.acknowledge(items):
            self._on_fault("bogus_credit", f"{items} items of credit, which are not outstanding")
        elif inbound.waker is not None and not inbound.waker.done():
            inbound.waker.set_result(None)

    def send_progress(self, request_id: jsonrpc.RequestId, message: str, done: float | None) -> None:
        """Send `$/progress` of a request that is still known; dropped while the other side does not read."""
        if request_id in self._known and self._pipe.buffered <= self._max_buffered:
            params = {"id": request_id, "message": message} | ({} if done is None else {"done": done})
            self._pipe.write(jsonrpc.build_notification(PROGRESS, jsonrpc.encode(params)))

    def _start(self, inbound: Inbound) -> None:
        if self.tasks is None:
            return
        self._serving[inbound.id] = inbound
        inbound.task = self.tasks.create_task(self._serve(inbound))

    async def _serve(self, inbound: Inbound) -> None:
        inbound.started = True
        try:
            try:
                if inbound.cancelled:
                    raise asyncio.CancelledError
                result = await self._handle(inbound)
                if type(result) is Stream:
                    result = await self._produce(inbound, result)
                line = self._answer(inbound, result)
            except asyncio.CancelledError:
                if not inbound.cancelled:
                    raise
                line = jsonrpc.build_error(inbound.id, _CANCELLED)
            except Exception as exc:  # noqa: BLE001 - the border: whatever a handler raises becomes an error answer
                line = jsonrpc.build_error(inbound.id, self._to_error(exc, inbound.method))
            if self._pipe.buffered > self._max_buffered:
                await self._pipe.drained()
            self._pipe.write(line, len(self._serving) == 1)
            self.served += 1
        finally:
            del self._serving[inbound.id]
            del self._known[inbound.id]
            if self._backlog and len(self._serving) < self._max_in_flight:
                following = self._backlog.popleft()
                self._unhold(following)
                self._start(following)

    def _answer(self, inbound: Inbound, result: Any) -> bytes:
        try:
            line = jsonrpc.build_result(inbound.id, jsonrpc.encode(result))
        except (TypeError, ValueError, OverflowError, RecursionError) as exc:
            message = f"the result of {inbound.method} can't be expressed in JSON: {exc}"
            return jsonrpc.build_error(inbound.id, ErrorObject(INVALID_RESULT, message))
        if len(line) > self._max_frame:
            message = (
                f"the result of {inbound.method} has {len(line)} bytes; a frame may have {self._max_frame}"
            )
            return jsonrpc.build_error(inbound.id, ErrorObject(FRAME_TOO_LARGE, message))
        return line

    async def _produce(self, inbound: Inbound, stream: Stream) -> None:
        window = inbound.window = ProducerWindow(stream.credit)
        prefix = b'{"id":%b,"seq":' % jsonrpc.encode(inbound.id)
        seq = 0
        try:
            async for item in stream.items:
                raw = jsonrpc.encode(item)
                while not window.open:
                    inbound.waker = self._loop.create_future()
                    await inbound.waker
                if self._pipe.buffered > self._max_buffered:
                    await self._pipe.drained()
                window.sent(len(raw))
                self._pipe.write(jsonrpc.build_notification(STREAM, b'%b%d,"item":%b}' % (prefix, seq, raw)))
                seq += 1
        finally:
            close = getattr(stream.items, "aclose", None)
            if close is not None:
                await close()

    def _unhold(self, inbound: Inbound) -> None:
        self._held_bytes -= len(bytes(inbound.params))
        if self._held_bytes <= self._max_buffered // 2:
            self._pipe.resume()


_CANCELLED = ErrorObject(CANCELLED, "the caller cancelled it")
