"""What comes in: from bytes to messages to whoever they are for, and what taking them costs.

Owns incomplete frames, bad ones, and the pace at which a side that floods is read. Requests are
`protocol.incoming`'s, answers `protocol.outgoing`'s, all else the owner's. `protocol.peer` hands it what was
read.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from time import perf_counter
from typing import Protocol

import msgspec

from protocol import jsonrpc
from protocol.errors import BATCH_UNSUPPORTED, FRAME_TOO_LARGE, PARSE_ERROR, ErrorObject
from protocol.framing import Fault, FaultKind, LineBuffer
from protocol.incoming import Incoming
from protocol.messages.meta import Cancel, Credit, Progress, StreamItem
from protocol.outgoing import Outgoing
from protocol.pipe import BIG_READ_BYTES, READ_BYTES, Pipe

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


class Intake:
    """The incoming half of one connection."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        pipe: Pipe,
        outgoing: Outgoing,
        incoming: Incoming,
        owner: Owner,
        *,
        max_frame_bytes: int,
        max_buffered_bytes: int,
        charge: Callable[[float], float] | None,
        may_hold: Callable[[int], bool] | None,
    ) -> None:
        """See `Peer` for `charge` and `may_hold`."""
        self._loop = loop
        self._pipe = pipe
        self._outgoing = outgoing
        self._incoming = incoming
        self._owner = owner
        self._max_buffered = max_buffered_bytes
        self._charge = charge
        self._may_hold = may_hold
        self._buffer = LineBuffer(max_frame_bytes)
        self._backlog: deque[jsonrpc.Message] = deque()
        self._resume_timer: asyncio.TimerHandle | None = None
        self._closed = False
        self.tap: Callable[[bytes], None] | None = None
        """Told of all that is read, while somebody traces it."""

    @property
    def held_bytes(self) -> int:
        """Bytes of an incomplete frame."""
        return self._buffer.held_bytes

    def take_backlog(self) -> None:
        """Take what was put off, all of it."""
        messages = [*self._backlog]
        self._backlog.clear()
        self._process(messages, None, 0.0)

    def close(self) -> None:
        """Take nothing more that was put off."""
        self._closed = True
        if self._resume_timer is not None:
            self._resume_timer.cancel()

    def take(self, data: bytes) -> None:
        """Take what one read brought."""
        if self.tap is not None:
            self.tap(data)
        started = perf_counter() if self._charge is not None else 0.0
        buffer = self._buffer
        bad = buffer.discarding
        block = buffer.feed(data)
        held = buffer.held_bytes
        read_bytes = BIG_READ_BYTES if held else READ_BYTES
        if held >= BIG_READ_BYTES:
            self._pipe.moves_much()
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
        decoded_s = perf_counter() - started if started else 0.0
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
        incoming = self._incoming
        incoming.many = self._outgoing.many = len(messages) > 1
        settle = self._outgoing.settle
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
                    began_s = perf_counter()
                    handled_s = incoming.handling_s
                    if self._take(message):
                        unasked += 1
                        spent_s += perf_counter() - began_s - incoming.handling_s + handled_s
                        if spent_s > TURN_S and index + 1 < len(messages):
                            self._backlog.extend(messages[index + 1 :])
                            break
            except Exception as exc:  # noqa: BLE001 - the border: an owner that raises must not cost the messages behind
                self._loop.call_exception_handler({"message": "a message was not handled", "exception": exc})
        incoming.many = self._outgoing.many = False
        if unasked and charge is not None:
            rest_s = charge(spent_s + decoded_s * unasked / len(messages))
            self._rest(max(_PAUSE_S, rest_s) if self._backlog else rest_s)

    def _rest(self, seconds: float) -> None:
        if seconds > 0.0 and self._resume_timer is None and not self._closed:
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
            self._incoming.accept(message, method)
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
                    self._outgoing.stream_item(_stream_item(params))
                    return False
                case "$/credit":
                    credit = _credit(params)
                    self._incoming.credit(credit.id, credit.n)
                    return False
                case "$/progress":
                    self._outgoing.progress(_progress(params))
                case "$/cancel":
                    self._incoming.cancel(_cancel(params).id)
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
