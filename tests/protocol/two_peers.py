"""Two real peers over a socket pair or two pipes, and one peer beside a raw socket."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from anyio.lowlevel import checkpoint

from protocol import errors, jsonrpc
from protocol.errors import ErrorObject, RpcError
from protocol.incoming import Inbound, Stream
from protocol.peer import Peer
from protocol.stream_reader import StreamReader

KINDS = ["socketpair", "pipes"]
TIMEOUT_S = 20.0

Handler = Callable[[Inbound], Awaitable[Any]]


class Side:
    """One peer, its owner, and what the owner was told."""

    def __init__(self, read_fd: int, write_fd: int, **options: Any) -> None:
        self.handlers: dict[str, Handler] = {}
        self.faults: list[str] = []
        self.heads: list[bytes] = []
        self.notifications: list[tuple[str, bytes]] = []
        self.on_note: Callable[[str], None] = lambda _method: None
        self.ends = 0
        self.peer = Peer(read_fd, write_fd, self, self._handle, to_error, **options)

    async def _handle(self, inbound: Inbound) -> Any:
        return await self.handlers[inbound.method](inbound)

    def on_notification(self, method: str, params: msgspec.Raw) -> None:
        self.notifications.append((method, bytes(params)))
        self.on_note(method)

    def on_fault(self, kind: str, detail: str, head: bytes) -> None:
        self.faults.append(kind)
        self.heads.append(head)

    def on_end(self) -> None:
        self.ends += 1

    async def call(
        self, method: str, params: Any = None, *, timeout_s: float = TIMEOUT_S, **more: Any
    ) -> Any:
        text = jsonrpc.encode({} if params is None else params)
        raw = await self.peer.outgoing.request(method, text, timeout_s=timeout_s, **more)
        return msgspec.json.decode(raw)

    async def open(self, method: str) -> StreamReader:
        return await self.peer.outgoing.open_stream(method, b"{}", timeout_s=TIMEOUT_S, idle_s=TIMEOUT_S)


def to_error(exc: BaseException, method: str) -> ErrorObject:
    if isinstance(exc, RpcError):
        return exc.to_object()
    if isinstance(exc, BrokenPipeError):
        raise LookupError("no words for this")
    return ErrorObject(errors.INTERNAL_ERROR, f"{method} raised {type(exc).__name__}")


def gone() -> RpcError:
    return RpcError(errors.PLUGIN_DIED, "gone")


@asynccontextmanager
async def connected(
    kind: str, left: dict[str, Any] | None = None, right: dict[str, Any] | None = None
) -> AsyncGenerator[tuple[Side, Side]]:
    if kind == "socketpair":
        one, other = (end.detach() for end in socket.socketpair())
        ends = (one, one), (other, other)
    else:
        (r1, w1), (r2, w2) = os.pipe(), os.pipe()
        ends = (r1, w2), (r2, w1)
    sides = Side(*ends[0], **(left or {})), Side(*ends[1], **(right or {}))
    async with asyncio.timeout(TIMEOUT_S), asyncio.TaskGroup() as tasks:
        for side in sides:
            side.peer.outgoing.sends_meta = True
            tasks.create_task(side.peer.run())
        try:
            yield sides
        finally:
            for side in sides:
                side.peer.close(gone)


class Raw:
    """The other end of a wire, byte by byte."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.sock.setblocking(False)
        self._text = b""
        self._lines: list[dict[str, Any]] = []

    async def send(self, *lines: bytes | dict[str, Any]) -> None:
        texts = [
            line if isinstance(line, bytes) else json.dumps({"jsonrpc": "2.0"} | line).encode()
            for line in lines
        ]
        await asyncio.get_running_loop().sock_sendall(self.sock, b"".join(text + b"\n" for text in texts))

    async def line(self) -> dict[str, Any]:
        while not self._lines:
            self._text += await asyncio.get_running_loop().sock_recv(self.sock, 1_000_000)
            *whole, self._text = self._text.split(b"\n")
            self._lines += [json.loads(line) for line in whole]
        return self._lines.pop(0)


@asynccontextmanager
async def beside_raw(**options: Any) -> AsyncGenerator[tuple[Side, Raw]]:
    near, far = socket.socketpair()
    fd = near.detach()
    side = Side(fd, fd, **options)
    async with asyncio.timeout(TIMEOUT_S), asyncio.TaskGroup() as tasks:
        side.peer.outgoing.sends_meta = True
        tasks.create_task(side.peer.run())
        try:
            yield side, Raw(far)
        finally:
            side.peer.close(gone)
            far.close()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await checkpoint()


async def refused(call: Awaitable[Any]) -> RpcError:
    with pytest.raises(RpcError) as caught:
        await call
    return caught.value


async def echo(inbound: Inbound) -> Any:
    params = msgspec.json.decode(inbound.params)
    params.pop("_meta", None)
    return params


class Gate:
    """A handler that waits, and says so."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.entered: list[Inbound] = []
        self.ended = 0

    async def __call__(self, inbound: Inbound) -> Any:
        self.entered.append(inbound)
        try:
            await self.open.wait()
        finally:
            self.ended += 1
        return inbound.method


async def numbers(count: int) -> AsyncIterator[int]:
    for n in range(count):
        yield n


def streaming(make: Callable[[], AsyncIterator[Any]]) -> Handler:
    async def handler(inbound: Inbound) -> Any:
        meta = msgspec.json.decode(inbound.params)["_meta"]
        return Stream(make(), meta["stream"]["credit"])

    return handler


async def read_all(reader: StreamReader) -> list[Any]:
    items: list[Any] = []
    while (item := await reader.next()) is not None:
        items.append(msgspec.json.decode(item))
    return items
