"""execnet: a module that is sent to a fresh interpreter, and a channel to it, as pytest-xdist uses it."""

import asyncio
import sys
import time
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Self

from benchmarks.children import execnet_echo
from benchmarks.subject import Subject

_LEAVE_S = 2.0


class ExecnetGateway(Subject):
    """`channel.send` and `channel.receive`."""

    name = "execnet"
    about = "execnet: `channel.send` and `channel.receive` over a `popen` gateway"

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        super().__init__(tasks)
        self._group: Any = None
        self._channel: Any = None
        self._pid = 0

    @classmethod
    def unavailable(cls) -> str:
        return "" if find_spec("execnet") is not None else "the distribution `execnet` is not installed"

    async def __aenter__(self) -> Self:
        import_module("execnet")
        return self

    async def start(self) -> None:
        self._group = import_module("execnet").Group()
        gateway = self._group.makegateway(f"popen//python={sys.executable}")
        self._channel = gateway.remote_exec(execnet_echo)

    async def stop(self) -> None:
        group, self._group = self._group, None
        if group is not None:
            group.terminate(timeout=_LEAVE_S)

    @property
    def pid(self) -> int:
        if not self._pid:
            self._channel.send(execnet_echo.PID)
            self._pid = self._channel.receive()
        return self._pid

    async def call(self, value: Any) -> Any:
        self._channel.send(value)
        return self._channel.receive()

    async def keep_busy(self, value: Any, in_flight: int, until_s: float) -> int:
        send, receive = self._channel.send, self._channel.receive
        for _ in range(in_flight):
            send(value)
        calls = 0
        while time.perf_counter() < until_s:
            receive()
            send(value)
            calls += 1
        for _ in range(in_flight):
            receive()
        return calls + in_flight

    async def take_stream(self, items: int) -> None:
        self._channel.send((execnet_echo.STREAM, items))
        for _ in range(items):
            self._channel.receive()

    async def notify(self, count: int) -> None:
        notification = (execnet_echo.NOTIFY, self.small)
        for _ in range(count):
            self._channel.send(notification)
        await self.check_echo()
