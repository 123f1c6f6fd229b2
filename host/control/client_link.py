"""The client's end of the connection: requests out; answers and notifications in, matched as read.

Owns who waits for which answer and where notifications go. Needs no task of its own.
"""

import asyncio
import os
import socket
from contextlib import suppress
from typing import Any, Final, Protocol, cast

import msgspec

from host.base_error import PlughostError
from host.control import wire
from host.control.error_mapping import from_wire
from host.control.wire import encode
from host.errors import HostClosed, NoHost, ProtocolFault
from protocol.errors import ErrorObject
from protocol.framing import LineBuffer
from protocol.jsonrpc import Message, decode_block, decode_error

MAX_LINE_BYTES: Final = 2 * wire.MAX_FRAME_BYTES
"""Longest line that a host is let send; it sends half of that at most."""

MAX_LAST_WORDS_BYTES: Final = 64 * 1024
"""Of what a host said before it closed the connection; why it refuses one is a line of some hundred bytes."""


class Follower(Protocol):
    """What takes the notifications of one subscription."""

    def took(self, method: str, params: msgspec.Raw) -> None:
        """Take one."""
        ...

    def ended(self, error: PlughostError | None) -> None:
        """See the end of it."""
        ...


class _Call:
    __slots__ = ("answer", "does", "follower", "method")

    def __init__(
        self, method: str, does: bool, follower: Follower | None, answer: "asyncio.Future[msgspec.Raw]"
    ) -> None:
        self.method = method
        self.does = does
        self.follower = follower
        self.answer = answer


class _Numbered(msgspec.Struct, frozen=True):
    subscription: int


class ClientLink(asyncio.Protocol):
    """One connection to a host."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._lines = LineBuffer(MAX_LINE_BYTES)
        self._calls: dict[int, _Call] = {}
        self._followers: dict[int, Follower] = {}
        self._next = 0
        self._fault: PlughostError | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self.lost = asyncio.Event()

    @property
    def socket(self) -> "socket.socket | None":
        """Its socket, while there is one."""
        return None if self._transport is None else self._transport.get_extra_info("socket")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport; asyncio's."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take bytes in; asyncio's."""
        block = self._lines.feed(data)
        if not block and not self._lines.faults:
            return
        messages, faults = decode_block(block) if block else ([], [])
        try:
            if faults or self._lines.faults:
                raise ProtocolFault("the host sent what is not JSON-RPC", remedy="see that it is a host")
            for message in messages:
                self._take(message)
        except (msgspec.MsgspecError, PlughostError) as exc:
            fault = exc if isinstance(exc, PlughostError) else None
            self._fault = fault or ProtocolFault(
                f"the host sent what can't be read: {exc}", remedy="update the older of host and client"
            )
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """See the end of it; asyncio's."""
        if exc is not None and self._fault is None:
            self._read_last_words()
        why = f": {exc}" if exc is not None else ""
        for call in self._calls.values():
            if not call.answer.done():
                call.answer.set_exception(self._fault or _cut_off(call.method, call.does, why))
        self._calls.clear()
        gone = self._fault or HostClosed(
            f"the connection to the host is gone{why}", remedy="attach again once a host runs"
        )
        followers, self._followers = [*self._followers.values()], {}
        for follower in followers:
            follower.ended(gone)
        self._writable.set()
        self.lost.set()

    def _read_last_words(self) -> None:
        """Take what the host said before it closed; asyncio reads nothing more once a write failed."""
        assert self._transport is not None
        with suppress(OSError):
            self.data_received(
                os.read(self._transport.get_extra_info("socket").fileno(), MAX_LAST_WORDS_BYTES)
            )

    def pause_writing(self) -> None:
        """Begin to wait for the host; asyncio's."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """The host has taken enough; asyncio's."""
        self._writable.set()

    async def request(
        self, method: str, params: bytes, *, does: bool = False, follower: Follower | None = None
    ) -> msgspec.Raw:
        """Ask; return the result as it came. `does` tells whether it may change something.

        A follower gets the notifications of the subscription that the answer names, from the first on.

        Raises:
            PlughostError: What the host answered, or what became of the connection.
        """
        transport = self._transport
        if transport is None or transport.is_closing():
            raise self._fault or NoHost(
                f"the connection to the host is gone; {method} was not asked for",
                remedy="attach again once a host runs",
                done=False,
            )
        self._next += 1
        number = self._next
        answer: asyncio.Future[msgspec.Raw] = asyncio.get_running_loop().create_future()
        self._calls[number] = _Call(method, does, follower, answer)
        transport.write(
            b'{"jsonrpc":"2.0","id":%d,"method":%b,"params":%b}\n' % (number, encode(method), params)
        )
        try:
            await self._writable.wait()
            return await answer
        except asyncio.CancelledError:
            # Its call stays known: what it opened, if the answer is on its way, is closed again.
            answer.cancel()
            if number in self._calls:
                self.notify(wire.CANCEL, {"id": number})
            raise

    def notify(self, method: str, params: dict[str, Any]) -> None:
        """Tell the host something; nothing happens where it is gone."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(
                b'{"jsonrpc":"2.0","method":%b,"params":%b}\n' % (encode(method), encode(params))
            )

    def forget(self, subscription: int) -> None:
        """Have a subscription end; nothing of it reaches its follower any more."""
        if self._followers.pop(subscription, None) is not None:
            self.notify(wire.UNSUBSCRIBE, {"subscription": subscription})

    def close(self) -> None:
        """Leave."""
        if self._transport is not None:
            self._transport.close()

    def _take(self, message: Message) -> None:
        if isinstance(message.method, str):
            self._notified(message)
            return
        error = None if isinstance(message.error, msgspec.UnsetType) else decode_error(message.error)
        if not isinstance(message.id, int):
            # An answer to no request in particular: the host refuses the whole connection.
            raise from_wire(error or ErrorObject(0, "the host answered what was not asked"))
        call = self._calls.pop(message.id, None)
        if call is None:
            return
        if error is not None:
            if not call.answer.done():
                call.answer.set_exception(from_wire(error))
            return
        result = msgspec.Raw(b"null") if isinstance(message.result, msgspec.UnsetType) else message.result
        if call.follower is not None:
            # Before whatever else is read: its first frame may be in the same block.
            number = msgspec.json.decode(result, type=_Numbered).subscription
            self._followers[number] = call.follower
            if call.answer.done():
                self.forget(number)
        if not call.answer.done():
            call.answer.set_result(msgspec.Raw(bytes(result)))

    def _notified(self, message: Message) -> None:
        if isinstance(message.params, msgspec.UnsetType):
            return
        number = msgspec.json.decode(message.params, type=_Numbered).subscription
        follower = self._followers.get(number)
        if follower is None:
            return  # it was given up while this was under way
        if message.method != wire.END:
            follower.took(str(message.method), message.params)
            return
        del self._followers[number]
        end = msgspec.json.decode(message.params, type=wire.EndParams)
        follower.ended(None if end.error is None else from_wire(end.error))


def _cut_off(method: str, does: bool, why: str) -> HostClosed:
    if does:
        return HostClosed(
            f"the host went away while {method} was under way{why}; it may have been done, or not",
            remedy="attach again once a host runs, and look before you repeat it",
            done=None,
        )
    return HostClosed(
        f"the host went away before it answered {method}{why}; nothing was to be changed",
        remedy="attach again once a host runs",
        done=False,
    )
