"""Connection: the host's end of one wire in a test. Owns the peer, and notes what is no request."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from plugin_sdk.testing.fake_host import FakeHost
from protocol import jsonrpc
from protocol.errors import INTERNAL_ERROR, ErrorObject, RpcError
from protocol.inbound import Inbound
from protocol.peer import Peer
from protocol.stream_reader import StreamReader

STREAM_IDLE_S = 30.0
"""Longest time between two items of a stream."""


class Connection:
    """One."""

    def __init__(
        self,
        read_fd: int,
        write_fd: int,
        serve: Callable[[Inbound], Awaitable[Any]],
        notes: FakeHost,
        credit: Callable[[msgspec.Raw], None],
        gone: Callable[[], RpcError],
    ) -> None:
        """`credit` hears of handled events; `gone` makes the error of calls that the plugin's end leaves."""
        self._notes = notes
        self._credit = credit
        self._gone = gone
        self.ended = False
        self.peer = Peer(read_fd, write_fd, self, serve, self._to_error)

    async def run(self) -> None:
        """Serve until one side closes."""
        await self.peer.run()

    def close(self, error: Callable[[], RpcError]) -> None:
        """End it; whoever waits for an answer gets this error."""
        self.ended = True
        self.peer.close(error)

    async def call(self, method: str, params: Any, timeout_s: float) -> msgspec.Raw:
        """Ask, and return the answer as JSON text."""
        return await self.peer.outgoing.request(method, jsonrpc.encode(params), timeout_s=timeout_s)

    async def open(self, method: str, params: Any, timeout_s: float) -> StreamReader:
        """Open a stream."""
        return await self.peer.outgoing.open_stream(
            method, jsonrpc.encode(params), timeout_s=timeout_s, idle_s=min(STREAM_IDLE_S, timeout_s)
        )

    def tell(self, method: str, params: Any) -> None:
        """Send a notification."""
        self.peer.notify(method, jsonrpc.encode(params))

    def on_notification(self, method: str, params: msgspec.Raw) -> None:
        """Note a log line, or count handled events."""
        try:
            if method == "log.write":
                self._notes.note_log(params)
            elif method == "events.credit":
                self._credit(params)
            else:
                self._notes.faults.append(f"unknown notification {method[:100]!r}")
        except msgspec.MsgspecError as exc:
            self._notes.faults.append(f"{method}: {exc}")

    def on_fault(self, kind: str, detail: str, head: bytes) -> None:
        """Note what the plugin did against the protocol."""
        self._notes.faults.append(f"{kind}: {detail}")

    def on_end(self) -> None:
        """The plugin closed its end."""
        self.close(self._gone)

    def _to_error(self, exc: BaseException, method: str) -> ErrorObject:
        if isinstance(exc, RpcError):
            return exc.to_object()
        if isinstance(exc, asyncio.CancelledError):
            raise exc
        # The test's own function failed: the plugin gets an error, and the test must hear what it was.
        self._notes.faults.append(f"the answer to {method} raised {type(exc).__name__}: {exc}")
        return ErrorObject(INTERNAL_ERROR, f"{method} failed: {type(exc).__name__}: {exc}")
