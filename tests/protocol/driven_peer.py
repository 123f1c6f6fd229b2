"""A peer on a driven clock, beside the raw other end of its wire."""

import asyncio
import json
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from protocol import errors
from protocol.errors import ErrorObject, RpcError
from protocol.incoming import Inbound
from protocol.outgoing import Outgoing
from protocol.peer import Peer

IN_FLIGHT = 3
WAITING = 4
TIMEOUT_S = 10.0


class DrivenLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only when it is told so."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        super().__init__()

    def time(self) -> float:
        return self.now_s


class Driven:
    """A peer, and the raw other end of its wire."""

    def __init__(self) -> None:
        self.loop = DrivenLoop()
        near, self.far = socket.socketpair()
        self.far.setblocking(False)
        self.faults: list[str] = []
        self.tasks: list[asyncio.Task[Any]] = []
        self.on_note: Callable[[], object] = lambda: None
        self._text = b""
        self.peer = self.loop.run_until_complete(self._open(near.detach()))
        self._run = self.start(self.peer.run())

    @property
    def outgoing(self) -> Outgoing:
        return self.peer.outgoing

    async def _open(self, fd: int) -> Peer:
        peer = Peer(fd, fd, self, self._handle, to_error, max_in_flight=IN_FLIGHT)
        peer.outgoing._places._max_waiting = WAITING
        return peer

    async def _handle(self, inbound: Inbound) -> Any:
        raise RpcError(errors.METHOD_NOT_FOUND, inbound.method)

    def on_notification(self, method: str, params: msgspec.Raw) -> None:
        self.on_note()

    def on_fault(self, kind: str, detail: str, head: bytes) -> None:
        self.faults.append(kind)

    def on_end(self) -> None: ...

    def start(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = self.loop.create_task(coroutine)
        self.tasks.append(task)
        return task

    def request(self, method: str = "m", **options: Any) -> "asyncio.Task[msgspec.Raw]":
        limits: dict[str, Any] = {"timeout_s": TIMEOUT_S} | options
        task = self.start(self.outgoing.request(method, b"{}", **limits))
        self.turn()
        return task

    def turn(self, turns: int = 12) -> None:
        async def pass_turns() -> None:
            for _ in range(turns):
                await asyncio.sleep(0)

        self.loop.run_until_complete(pass_turns())

    def wait_s(self, seconds: float) -> None:
        self.loop.now_s += seconds
        self.turn()

    def lines(self) -> list[dict[str, Any]]:
        """Return what was sent since the last call."""
        while True:
            try:
                self._text += self.far.recv(1_000_000)
            except BlockingIOError:
                break
        *whole, self._text = self._text.split(b"\n")
        return [json.loads(line) for line in whole]

    def send(self, **message: Any) -> None:
        self.send_together(message)

    def send_together(self, *messages: dict[str, Any]) -> None:
        """Send messages that are read in one go."""
        lines = [json.dumps({"jsonrpc": "2.0"} | message).encode() + b"\n" for message in messages]
        self.far.sendall(b"".join(lines))
        self.turn()

    def close(self) -> None:
        self.peer.close(lambda: RpcError(errors.CANCELLED, "closed"))
        self.turn()
        assert self._run.done()
        for task in self.tasks:
            assert task.done(), "a waiter was left behind"
            if not task.cancelled():
                task.exception()
        self.far.close()
        self.loop.close()


def to_error(exc: BaseException, method: str) -> ErrorObject:
    assert isinstance(exc, RpcError)
    return exc.to_object()


def open_stream(driven: Driven, *, idle_s: float = 30.0, timeout_s: float = 100.0) -> Any:
    opening = driven.start(driven.outgoing.open_stream("s", b"{}", timeout_s=timeout_s, idle_s=idle_s))
    driven.turn()
    return opening.result()


def take(driven: Driven, next_item: Callable[[], Coroutine[Any, Any, msgspec.Raw | None]]) -> bytes | None:
    task = driven.start(next_item())
    driven.turn()
    item = task.result()
    return None if item is None else bytes(item)
