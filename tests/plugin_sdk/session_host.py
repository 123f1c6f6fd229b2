"""A session and its host in one loop, over a socket pair, and the plugin that most tests load."""

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from anyio.lowlevel import checkpoint

from plugin_sdk import Plugin, RpcError, method
from plugin_sdk.runtime.session import Session
from protocol import errors, jsonrpc
from protocol.errors import ErrorObject
from protocol.incoming import Inbound
from protocol.peer import Peer
from protocol.stream_reader import StreamReader

TIMEOUT_S = 20.0
INITIALIZE: dict[str, Any] = {
    "protocol_versions": [1],
    "host": {"name": "plughost", "version": "1"},
    "plugin_id": "sample",
    "plugin_version": "1",
    "session": "s1",
}


class HostSide:
    """The host's end: answers calls, keeps log lines and counts faults."""

    def __init__(self, fd: int) -> None:
        self.logs: list[dict[str, Any]] = []
        self.faults: list[str] = []
        self.raw: list[bytes] = []
        self.handlers: dict[str, Callable[[Inbound], Awaitable[Any]]] = {}
        self.peer = Peer(fd, fd, self, self._handle, _to_error)
        self.peer.outgoing.sends_meta = True

    async def _handle(self, inbound: Inbound) -> Any:
        return await self.handlers[inbound.method](inbound)

    def on_notification(self, method: str, params: msgspec.Raw) -> None:
        assert method == "log.write"
        self.logs.append(msgspec.json.decode(params))

    def on_fault(self, kind: str, detail: str, head: bytes) -> None:
        self.faults.append(kind)

    def on_end(self) -> None: ...

    async def call(
        self, method: str, params: Any = None, *, timeout_s: float = TIMEOUT_S, **more: Any
    ) -> Any:
        text = jsonrpc.encode({} if params is None else params)
        return msgspec.json.decode(
            await self.peer.outgoing.request(method, text, timeout_s=timeout_s, **more)
        )

    async def open(self, method: str, params: Any = None) -> StreamReader:
        text = jsonrpc.encode({} if params is None else params)
        return await self.peer.outgoing.open_stream(method, text, timeout_s=TIMEOUT_S, idle_s=TIMEOUT_S)

    async def read(self, method: str, params: Any = None) -> list[Any]:
        reader = await self.open(method, params)
        items: list[Any] = []
        while (item := await reader.next()) is not None:
            items.append(msgspec.json.decode(item))
        return items

    async def start(self, config: dict[str, Any] | None = None) -> Any:
        result = await self.call("plugin.initialize", INITIALIZE)
        await self.call("plugin.load", {"config": config or {}, "grants": []})
        return result


def _to_error(exc: BaseException, method: str) -> ErrorObject:
    assert isinstance(exc, RpcError)
    return exc.to_object()


@asynccontextmanager
async def session(load: Callable[[], type[Plugin]], signal: str | None = None) -> AsyncGenerator[HostSide]:
    near, far = socket.socketpair()
    fd = far.detach()
    served = Session(fd, fd, lambda: [load()], stack_dump_signal=signal)
    host = HostSide(near.detach())
    async with asyncio.timeout(TIMEOUT_S), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(served.run())
        tasks.create_task(host.peer.run())
        try:
            yield host
        finally:
            host.peer.close(lambda: RpcError(errors.PLUGIN_DIED, "closed"))
            await running


@asynccontextmanager
async def started(cls: type[Plugin], config: dict[str, Any] | None = None) -> AsyncGenerator[HostSide]:
    async with session(lambda: cls) as host:
        await host.start(config)
        yield host


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await checkpoint()


async def refused(call: Awaitable[Any]) -> RpcError:
    with pytest.raises(RpcError) as caught:
        await call
    return caught.value


class Greeter(Plugin):
    def __init__(self) -> None:
        self.at_init = (dict(self.config), type(self.log).__name__, type(self.host).__name__)
        self.loaded = False

    async def on_load(self) -> None:
        self.loaded = True
        self.log.info("ready")

    async def on_unload(self) -> None:
        self.log.info("leaving")

    @method
    async def greet(self, name: str, times: int = 1) -> str:
        return f"{self.config.get('greeting', 'Hello')}, {name}" * times

    @method
    def state(self) -> list[Any]:
        return [*self.at_init, self.loaded]

    @method
    async def stream(self) -> AsyncIterator[int]:
        yield 1
