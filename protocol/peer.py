"""One side of the wire: symmetric, the same code in the host and in a plugin.

Owns the way from bytes to messages to whoever they are for, and the life of the connection. Requests that
this side makes are `protocol.outgoing`'s, requests that it serves `protocol.incoming`'s. Does not know
methods, permissions or processes; its owner handles requests, notifications and faults.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from typing import Protocol

import msgspec

from protocol import jsonrpc
from protocol.errors import BATCH_UNSUPPORTED, FRAME_TOO_LARGE, PARSE_ERROR, ErrorObject
from protocol.framing import MAX_FRAME_BYTES, Fault, FaultKind, LineBuffer
from protocol.incoming import Handle, Incoming, ToError
from protocol.messages.meta import Cancel, Credit, Progress, StreamItem
from protocol.outgoing import MAX_BUFFERED_BYTES, MAX_IN_FLIGHT, Outgoing
from protocol.pipe import BIG_READ_BYTES, READ_BYTES, Pipe
from protocol.polling import CALLS_PER_REST, Lingering, Polling

BAD_READ_BYTES = 1024
"""One read after bad lines: each costs far more than a message, and a full read of them would hold up all."""

TURN_S = 0.0005
"""Time that one connection's messages may take of a loop turn before the others get theirs."""

_PAUSE_S = 0.001
_CHECK_EVERY = 32

_cancel = msgspec.json.Decoder(Cancel).decode
_credit = msgspec.json.Decoder(Credit).decode
_progress = msgspec.json.Decoder(Progress).decode
_stream_item = msgspec.json.Decoder(StreamItem).decode

_REPLIES = {
    FaultKind.MALFORMED: (PARSE_ERROR, "the line is not a JSON-RPC message"),
    FaultKind.OVERSIZE: (FRAME_TOO_LARGE, "the frame is longer than is taken"),
    FaultKind.BATCH: (BATCH_UNSUPPORTED, "batches are not taken on this pipe"),
}


class Owner(Protocol):
    """What a peer asks of whoever owns it."""

    def on_notification(self, method: str, params: msgspec.Raw) -> None:
        """Take a notification that is not the protocol's own. Must not block."""
        ...

    def on_fault(self, kind: str, detail: str, head: bytes) -> None:
        """Hear of something that the other side did wrong; `head` is the start of the frame, if any."""
        ...

    def on_end(self) -> None:
        """Hear that the other side closed its end."""
        ...


class Peer:
    """A connection. `run` serves it; `outgoing.request` and `notify` use it."""

    def __init__(
        self,
        read_fd: int,
        write_fd: int,
        owner: Owner,
        handle: Handle,
        to_error: ToError,
        *,
        unbounded: frozenset[str] = frozenset(),
        max_in_flight: int = MAX_IN_FLIGHT,
        max_frame_bytes: int = MAX_FRAME_BYTES,
        max_buffered_bytes: int = MAX_BUFFERED_BYTES,
        charge: Callable[[float], float] | None = None,
        may_hold: Callable[[int], bool] | None = None,
        polling: Polling | None = None,
        grow: Callable[[int], None] | None = None,
    ) -> None:
        """Take over both descriptors.

        `charge(seconds)` is told what unasked-for messages cost to take and answers how long to stop
        reading. `may_hold(bytes)` is asked whether an incomplete frame may grow to this size. `polling` is
        shared by all peers of a process. `grow(fd)` may make the pipe behind a descriptor larger.
        """
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._owner = owner
        self._charge = charge
        self._may_hold = may_hold
        self._buffer = LineBuffer(max_frame_bytes)
        self._max_frame = max_frame_bytes
        self._max_buffered = max_buffered_bytes
        self._backlog: deque[jsonrpc.Message] = deque()
        self._resume_timer: asyncio.TimerHandle | None = None
        self._polling = polling or Polling()
        self._lingering: Lingering | None = None
        self._context = copy_context()
        self._closed = loop.create_future()
        self._pipe = Pipe(
            loop,
            read_fd,
            write_fd,
            on_data=self._on_readable,
            on_end=self._on_end,
            low_water_bytes=max_buffered_bytes // 2,
            grow=grow,
        )
        self.outgoing = Outgoing(
            loop,
            self._pipe,
            self._fault,
            self._poll,
            self._polling,
            max_in_flight=max_in_flight,
            max_buffered_bytes=max_buffered_bytes,
            max_frame_bytes=max_frame_bytes,
        )
        self.incoming = Incoming(
            loop,
            self._pipe,
            handle,
            to_error,
            self._fault,
            unbounded=unbounded,
            max_in_flight=max_in_flight,
            max_buffered_bytes=max_buffered_bytes,
            max_frame_bytes=max_frame_bytes,
        )

    @property
    def buffered(self) -> int:
        """Bytes that the other side has not read yet."""
        return self._pipe.buffered

    @property
    def max_frame_bytes(self) -> int:
        """Longest line that either side may send."""
        return self._max_frame

    @property
    def held_bytes(self) -> int:
        """Bytes of an incomplete frame."""
        return self._buffer.held_bytes

    async def run(self) -> None:
        """Serve until `close`; handlers still at work are cancelled then."""
        async with asyncio.TaskGroup() as tasks:
            self.incoming.begin(tasks)
            self._pipe.start()
            try:
                await asyncio.shield(self._closed)
            finally:
                self.incoming.stop()

    def notify(self, method: str, params: bytes) -> bool:
        """Send a notification; False if it was dropped: too long, or the other side does not read."""
        if self._pipe.broken or self._pipe.buffered > self._max_buffered:
            return False
        line = jsonrpc.build_notification(jsonrpc.method_name(method), params)
        if len(line) > self._max_frame:
            return False
        self._pipe.write(line)
        return True

    async def drained(self) -> None:
        """Wait until the other side has read most of what was sent, or never will."""
        await self._pipe.drained()

    def read_rest(self) -> None:
        """Take what the other side wrote before it ended, without waiting for more. Called from a task."""
        self.outgoing.at_once = self.incoming.at_once = False
        self._pipe.read_rest()
        messages = [*self._backlog]
        self._backlog.clear()
        self._process(messages, None, 0.0)
        self.outgoing.at_once = self.incoming.at_once = True

    def close_writing(self) -> None:
        """Close the outgoing stream: the other side reads its end."""
        self._pipe.close_writing()

    def close(self, error: Callable[[], Exception]) -> None:
        """End the connection: all waiters fail, each with an `error()`; `run` returns."""
        if self._closed.done():
            return
        self.outgoing.close(error)
        self.incoming.stop()
        if self._resume_timer is not None:
            self._resume_timer.cancel()
        self._pipe.close()
        self._closed.set_result(None)

    def _on_end(self, _exc: OSError | None) -> None:
        self._owner.on_end()

    def linger(self, lingering: Lingering) -> None:
        """From now on stay awake for the next request where the rule says so."""
        self._lingering = lingering

    def _on_readable(self, data: bytes) -> None:
        """Take what one read brought, in a callback of the loop, and then what comes while it is awake."""
        lingering = self._lingering
        if lingering is None:
            self._on_data(data)
            return
        lingering.woken()
        self._on_data(data)
        rounds = 0
        while lingering.worth and rounds < CALLS_PER_REST and self._idle():
            data = self._pipe.poll(lingering.budget_s)
            if not data:
                lingering.missed()
                break
            lingering.came()
            rounds += 1
            self._on_data(data)
        lingering.rests()

    def _idle(self) -> bool:
        """Tell whether nothing is left to do but to wait for this wire."""
        return not (self.incoming.in_flight or self._pipe.buffered or self._polling.in_flight > 1)

    def _poll(self, seconds: float) -> bool:
        """Take what one read within `seconds` brings; True if it brought something. Called from a task."""
        data = self._pipe.poll(seconds)
        if not data:
            return False
        self.outgoing.at_once = self.incoming.at_once = False
        # Not in the task's own context: what it holds is no business of whoever is heard here.
        self._context.run(self._on_data, data)
        self.outgoing.at_once = self.incoming.at_once = True
        # A handler needs the loop.
        return not self.incoming.in_flight

    def _on_data(self, data: bytes) -> None:
        started = time.perf_counter() if self._charge is not None else 0.0
        buffer = self._buffer
        bad = buffer.discarding
        block = buffer.feed(data)
        held = buffer.held_bytes
        read_bytes = BIG_READ_BYTES if held else READ_BYTES
        if held >= BIG_READ_BYTES:
            self._pipe.expect_much()
        if held and self._may_hold is not None and not self._may_hold(held):
            buffer.discard()
        messages: list[jsonrpc.Message] = []
        if block:
            messages, faults = jsonrpc.decode_block(block)
            if faults or not messages:
                bad = True
                read_bytes = BAD_READ_BYTES
                buffer.faults += faults
        self._pipe.read_bytes = read_bytes
        if buffer.faults:
            bad = True
            faults, buffer.faults = buffer.faults, []
            for fault in faults:
                self._bad_frame(fault)
        decoded_s = time.perf_counter() - started if started else 0.0
        if bad and self._charge is not None:
            self._rest(max(_PAUSE_S, self._charge(decoded_s)))
            decoded_s = 0.0
        if self._backlog:
            self._backlog.extend(messages)
        elif messages:
            self._process(messages, self._charge, decoded_s)

    def _process(
        self, messages: list[jsonrpc.Message], charge: Callable[[float], float] | None, decoded_s: float
    ) -> None:
        """Handle messages in order. Where time is charged, a long run is cut and goes on a little later.

        What is charged is taking unasked-for messages in, which includes their part of `decoded_s`; what
        handlers do with them, and callers with their answers, is bounded by other means.
        """
        incoming = self.incoming
        incoming.many = self.outgoing.many = len(messages) > 1
        settle = self.outgoing.settle
        unset = msgspec.UNSET
        unasked = 0
        spent_s = 0.0
        for index, message in enumerate(messages):
            try:
                if message.method is unset and message.id is not unset:
                    settle(message)
                elif charge is None:
                    self._take(message)
                else:
                    began_s = time.perf_counter()
                    handled_s = incoming.handling_s
                    if self._take(message):
                        unasked += 1
                        spent_s += time.perf_counter() - began_s - incoming.handling_s + handled_s
                        if spent_s > TURN_S and index + 1 < len(messages):
                            self._backlog.extend(messages[index + 1 :])
                            break
            except Exception as exc:  # noqa: BLE001 - the border: an owner that raises must not cost the messages behind
                self._loop.call_exception_handler({"message": "a message was not handled", "exception": exc})
        incoming.many = self.outgoing.many = False
        if unasked and charge is not None:
            rest_s = charge(spent_s + decoded_s * unasked / len(messages))
            self._rest(max(_PAUSE_S, rest_s) if self._backlog else rest_s)

    def _rest(self, seconds: float) -> None:
        if seconds > 0.0 and self._resume_timer is None and not self._closed.done():
            self._pipe.pause("charge")
            self._resume_timer = self._loop.call_later(seconds, self._go_on)

    def _go_on(self) -> None:
        self._resume_timer = None
        if self._backlog:
            messages = [*self._backlog]
            self._backlog.clear()
            self._process(messages, self._charge, 0.0)
        if self._resume_timer is None:
            self._pipe.resume("charge")

    def _take(self, message: jsonrpc.Message) -> bool:
        """Hand on what is no answer; True if nobody on this side had asked for it."""
        method = message.method
        if method is msgspec.UNSET:
            self._bad_frame(Fault(FaultKind.MALFORMED, "neither a method nor an id", b""))
            return True
        if message.id is not msgspec.UNSET:
            self.incoming.accept(message, method)
            return True
        params = message.params if message.params is not msgspec.UNSET else msgspec.Raw(b"{}")
        if method.startswith("$/"):
            return self._on_control(method, params)
        self._owner.on_notification(method, params)
        return True

    def _on_control(self, method: str, params: msgspec.Raw) -> bool:
        try:
            match method:
                case "$/stream":
                    self.outgoing.stream_item(_stream_item(params))
                    return False
                case "$/credit":
                    credit = _credit(params)
                    self.incoming.credit(credit.id, credit.n)
                    return False
                case "$/progress":
                    self.outgoing.progress(_progress(params))
                case "$/cancel":
                    self.incoming.cancel(_cancel(params).id)
                case _:
                    self._fault("unknown_notification", f"{method[:60]!r} is not of this protocol's version")
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
            self._fault("invalid_params", f"{method}: {exc}")
        return True

    def _bad_frame(self, fault: Fault) -> None:
        reply = _REPLIES.get(fault.kind)
        if reply is not None and self._pipe.buffered <= self._max_buffered:
            self._pipe.write(jsonrpc.build_error(None, ErrorObject(*reply)))
        self._owner.on_fault(fault.kind.value, fault.detail, fault.head)

    def _fault(self, kind: str, detail: str) -> None:
        self._owner.on_fault(kind, detail, b"")
