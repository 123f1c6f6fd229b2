"""Requests of the other side: admission, serving, cancelling, answering, streams that are produced.

Every request is answered exactly once, also when it is cancelled. What a request means is its owner's
business: `handle` is called in a task of its own and returns the result, or a `Stream`.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

import msgspec

from protocol import jsonrpc
from protocol.admission import MAX_BUFFERED_BYTES, MAX_IN_FLIGHT, MAX_WAITING
from protocol.credit import ProducerWindow
from protocol.errors import (
    CANCELLED,
    FRAME_TOO_LARGE,
    INTERNAL_ERROR,
    INVALID_REQUEST,
    INVALID_RESULT,
    OVERLOADED,
    ErrorObject,
    RpcError,
)
from protocol.first_step import FirstStep
from protocol.framing import MAX_FRAME_BYTES
from protocol.inbound import Inbound, Stream
from protocol.pipe import Pipe

STREAM = jsonrpc.method_name("$/stream")
PROGRESS = jsonrpc.method_name("$/progress")
_NOT_JSON = (TypeError, ValueError, OverflowError, RecursionError)
_ENDS = (SystemExit, KeyboardInterrupt, GeneratorExit)
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
        timed: bool = False,
        on_served: Callable[[Inbound, float], None] | None = None,
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
        self._timed = timed
        self._on_served = on_served
        self._unbounded = unbounded
        self._max_in_flight = max_in_flight
        self._max_waiting = max_waiting
        self._max_buffered = max_buffered_bytes
        self._max_frame = max_frame_bytes
        self._serving = 0
        self._backlog: deque[Inbound] = deque()
        self._known: dict[jsonrpc.RequestId, Inbound] = {}
        self._held_bytes = 0
        self._first_step: FirstStep | None = None
        self.many = False
        """Whether several messages are handled in one go: their answers then leave together."""
        self.at_once = True
        """Whether handlers run to their first wait while they are taken; not while a task is at work."""
        self.handling_s = 0.0
        """Time that handlers took up to their first wait, in the midst of reading; where it is `timed`."""
        self.served = 0
        """Requests answered so far."""

    @property
    def in_flight(self) -> int:
        """Requests that are being served."""
        return self._serving

    def under_way(self) -> list[Inbound]:
        """Return the requests that are served or wait for it."""
        return [*self._known.values()]

    def begin(self, tasks: asyncio.TaskGroup) -> None:
        """Serve from now on; handlers run in `tasks`."""
        self._first_step = FirstStep(self._loop, tasks)

    def stop(self) -> None:
        """Cancel what is under way and serve nothing more."""
        if self._first_step is not None:
            self._first_step.close()
            self._first_step = None
        for inbound in self.under_way():
            inbound.cancel()

    def accept(self, message: jsonrpc.Message, method: str) -> None:
        """Take a request."""
        request_id = message.id
        if not jsonrpc.valid_id(request_id):
            self._on_fault(
                "invalid_id", f"{method[:60]} has an id that is no 64-bit integer and no short text"
            )
            self._refuse(None, ErrorObject(INVALID_REQUEST, "the id is not usable"))
            return
        if request_id in self._known:
            self._on_fault("duplicate_id", f"request id {request_id!r} is in use already")
            error = ErrorObject(
                INVALID_REQUEST, f"id {request_id!r} is in use by a request that is under way"
            )
            self._refuse(None, error)
            return
        params = message.params if message.params is not msgspec.UNSET else msgspec.Raw(b"{}")
        inbound = Inbound(self, request_id, method, params)
        if self._serving < self._max_in_flight or method in self._unbounded:
            self._known[request_id] = inbound
            self._start(inbound, self.at_once)
        elif len(self._backlog) >= self._max_waiting:
            self._refuse(
                request_id, ErrorObject(OVERLOADED, f"{len(self._backlog)} requests are waiting already")
            )
        else:
            self._known[request_id] = inbound
            self._backlog.append(inbound)
            self._held_bytes += len(bytes(params))
            if self._held_bytes > self._max_buffered:
                self._pipe.pause("backlog")

    def cancel(self, request_id: jsonrpc.RequestId) -> None:
        """Take a `$/cancel`; of a request that is answered already, nothing happens."""
        inbound = self._known.get(request_id)
        if inbound is None:
            return
        if inbound.task is None and inbound in self._backlog:
            self._backlog.remove(inbound)
            self._unhold(inbound)
            del self._known[request_id]
            self._refuse(request_id, _CANCELLED)
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

    def call_back(self, callback: Callable[[], None]) -> None:
        """Run a callback of the handler's; what it raises is the loop's to report, and stops nothing."""
        try:
            callback()
        except Exception as exc:  # noqa: BLE001 - the border: an author's callback may raise anything
            self._loop.call_exception_handler({"message": "a callback of on_cancel failed", "exception": exc})

    def _refuse(self, request_id: jsonrpc.RequestId | None, error: ErrorObject) -> None:
        """Answer what is not served; dropped while the other side does not read, or it could fill us up."""
        if self._pipe.buffered <= self._max_buffered:
            self._pipe.write(jsonrpc.build_error(request_id, error))

    def _start(self, inbound: Inbound, at_once: bool) -> None:
        first_step = self._first_step
        if first_step is None:
            return
        self._serving += 1
        began = inbound.began_s = perf_counter() if self._timed else 0.0
        task = first_step.start(self._serve(inbound), at_once)
        if self._timed:
            self.handling_s += perf_counter() - began
        if task is not None:
            inbound.task = task
            if inbound.cancelled:
                task.cancel()  # the connection was closed from within its first step

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
            except asyncio.CancelledError as exc:
                line = self._cancelled(inbound, exc)
            except BaseException as exc:
                if isinstance(exc, _ENDS):
                    raise
                line = self._failure(inbound, exc)
            if self._pipe.buffered > self._max_buffered:
                try:
                    await self._pipe.drained()
                except asyncio.CancelledError as exc:
                    line = self._cancelled(inbound, exc)
            self._pipe.write(line, self._serving == 1 and not self.many)
            self.served += 1
        finally:
            inbound.finished = True
            if self._on_served is not None:
                self._on_served(inbound, perf_counter())
            self._serving -= 1
            del self._known[inbound.id]
            if self._backlog and self._serving < self._max_in_flight:
                following = self._backlog.popleft()
                self._unhold(following)
                self._start(following, False)

    def _answer(self, inbound: Inbound, result: Any) -> bytes:
        try:
            line = jsonrpc.build_result(inbound.id, jsonrpc.encode(result))
        except _NOT_JSON as exc:
            message = f"the result of {inbound.method} can't be expressed in JSON: {exc}"
            inbound.code = INVALID_RESULT
            return jsonrpc.build_error(inbound.id, ErrorObject(INVALID_RESULT, message))
        if len(line) > self._max_frame:
            inbound.code = FRAME_TOO_LARGE
            return jsonrpc.build_error(inbound.id, self._too_large("result", inbound, line).to_object())
        return line

    def _cancelled(self, inbound: Inbound, exc: asyncio.CancelledError) -> bytes:
        """Return the answer to a request whose handler ended by cancellation."""
        inbound.code = CANCELLED
        if inbound.cancelled:
            return jsonrpc.build_error(inbound.id, _CANCELLED)
        if inbound.task is not None and inbound.task.cancelling():
            raise exc
        # Nobody cancelled the handler: it awaited something of its own that was.
        return self._failure(inbound, exc)

    def _failure(self, inbound: Inbound, exc: BaseException) -> bytes:
        inbound.code = INTERNAL_ERROR
        try:
            error = self._to_error(exc, inbound.method)
            inbound.code = error.code
            line = jsonrpc.build_error(inbound.id, error)
        except Exception as second:  # noqa: BLE001 - an answer is owed, whatever is wrong with the error
            self._loop.call_exception_handler({"message": "an error has no words", "exception": second})
            line = jsonrpc.build_error(inbound.id, ErrorObject(INTERNAL_ERROR, f"{inbound.method} failed"))
        if len(line) > self._max_frame:
            line = jsonrpc.build_error(inbound.id, self._too_large("error", inbound, line).to_object())
        return line

    def _too_large(self, what: str, inbound: Inbound, line: bytes) -> RpcError:
        message = f"the {what} of {inbound.method} has {len(line)} bytes; a frame may have {self._max_frame}"
        return RpcError(FRAME_TOO_LARGE, message)

    async def _produce(self, inbound: Inbound, stream: Stream) -> None:
        window = inbound.window = ProducerWindow(stream.credit)
        prefix = b'{"id":%b,"seq":' % jsonrpc.encode(inbound.id)
        seq = 0
        try:
            async for item in stream.items:
                try:
                    raw = jsonrpc.encode(item)
                except _NOT_JSON as exc:
                    message = f"an item of {inbound.method} can't be expressed in JSON: {exc}"
                    raise RpcError(INVALID_RESULT, message) from exc
                while not window.open:
                    inbound.waker = self._loop.create_future()
                    await inbound.waker
                if self._pipe.buffered > self._max_buffered:
                    await self._pipe.drained()
                line = jsonrpc.build_notification(STREAM, b'%b%d,"item":%b}' % (prefix, seq, raw))
                if len(line) > self._max_frame:
                    raise self._too_large("item", inbound, line)
                window.sent(len(raw))
                self._pipe.write(line)
                seq += 1
        finally:
            close = getattr(stream.items, "aclose", None)
            if close is not None:
                await close()

    def _unhold(self, inbound: Inbound) -> None:
        self._held_bytes -= len(bytes(inbound.params))
        if self._held_bytes <= self._max_buffered // 2:
            self._pipe.resume("backlog")


_CANCELLED = ErrorObject(CANCELLED, "the caller cancelled it")
