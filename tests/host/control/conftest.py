"""A control server over a small host, and raw connections to it."""

import json
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.abc import SocketStream

from host.control.server import ControlServer
from tests.host.control.small_facade import SmallFacade, as_facade

WAIT_S = 20.0

Serving = Callable[..., AbstractAsyncContextManager[ControlServer]]


class Wire:
    """A client that writes what it likes."""

    def __init__(self, stream: SocketStream) -> None:
        self.stream = stream
        self._buffer = b""

    async def say(self, *lines: Any) -> None:
        """Send values as lines; bytes as they are."""
        for line in lines:
            await self.stream.send(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n")

    async def hear(self) -> Any:
        """Return the next line's value; None at the end of the connection."""
        with anyio.fail_after(WAIT_S):
            while b"\n" not in self._buffer:
                try:
                    self._buffer += await self.stream.receive(1 << 20)
                except (anyio.EndOfStream, anyio.BrokenResourceError):
                    return None
        line, _, self._buffer = self._buffer.partition(b"\n")
        return json.loads(line)

    async def ask(self, method: str, params: Any = None, request_id: Any = 1) -> Any:
        """Ask, and return the next line."""
        request = {"jsonrpc": "2.0", "id": request_id, "method": method}
        await self.say(request if params is None else request | {"params": params})
        return await self.hear()


@asynccontextmanager
async def wire_to(path: str | Path, *, hello: bool = True) -> AsyncGenerator[Wire]:
    """Connect; say hello unless told not to."""
    stream = await anyio.connect_unix(path)
    async with stream:
        wire = Wire(stream)
        if hello:
            answer = await wire.ask("hello", {"client": "test", "protocol": 1}, 0)
            assert answer["result"]["protocol"] == 1
        yield wire


@pytest.fixture
def small() -> SmallFacade:
    return SmallFacade()


@pytest.fixture
def serving(tmp_path: Path, small: SmallFacade) -> Serving:
    """`async with serving(**options) as server` serves the small host in `tmp_path`."""

    @asynccontextmanager
    async def serve(data: Path = tmp_path, **options: Any) -> AsyncGenerator[ControlServer]:
        server = ControlServer(as_facade(small), **options)
        async with anyio.create_task_group() as tasks:
            await tasks.start(server.run, data)
            yield server
            tasks.cancel_scope.cancel()

    return serve


@pytest.fixture
def until() -> Callable[[Callable[[], object]], Awaitable[None]]:
    """`await until(condition)` waits, turn by turn of the loop, until it holds."""

    async def wait(condition: Callable[[], object]) -> None:
        with anyio.fail_after(WAIT_S):
            while not condition():
                await anyio.lowlevel.checkpoint()

    return wait


def peer_of(path: str) -> socket.socket:
    """Return a raw socket that is connected there."""
    connected = socket.socket(socket.AF_UNIX)
    connected.connect(path)
    return connected
