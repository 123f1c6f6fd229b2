"""rpyc: a service in a child over its pipes, called by its host in one thread."""

import asyncio
import sys
import time
from collections import deque
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Self

from benchmarks.child_process import ROOT
from benchmarks.subject import Subject

_CHILD = ROOT / "benchmarks" / "children" / "rpyc_echo.py"


class RpycPipe(Subject):
    """`connection.root.echo` after `rpyc.utils.factory.connect_subproc`."""

    name = "rpyc"
    about = "rpyc: `connection.root.echo` after `connect_subproc`; several in flight by `rpyc.async_`"
    # rpyc passes lists and dicts as references; of a tuple everything is sent.
    small = (7, "echo", ("a", "b"), 0.5)
    streamed = 500

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        super().__init__(tasks)
        self._rpyc: Any = None
        self._connection: Any = None
        self._pid = 0

    @classmethod
    def unavailable(cls) -> str:
        return "" if find_spec("rpyc") is not None else "the distribution `rpyc` is not installed"

    async def __aenter__(self) -> Self:
        import_module("rpyc")
        return self

    async def start(self) -> None:
        self._rpyc = import_module("rpyc")
        self._connection = self._rpyc.utils.factory.connect_subproc([sys.executable, str(_CHILD)])

    async def stop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
            connection.proc.wait(5)

    @property
    def pid(self) -> int:
        return self._connection.proc.pid

    async def call(self, value: Any) -> Any:
        return self._connection.root.echo(value)

    async def keep_busy(self, value: Any, in_flight: int, until_s: float) -> int:
        ask = self._rpyc.async_(self._connection.root.echo)
        waiting: deque[Any] = deque(ask(value) for _ in range(in_flight))
        calls = 0
        while waiting:
            waiting.popleft().wait()
            calls += 1
            if time.perf_counter() < until_s:
                waiting.append(ask(value))
        return calls

    async def take_stream(self, items: int) -> None:
        came = sum(1 for _ in self._connection.root.count(items))
        assert came == items

    async def call_back(self, seconds: float) -> float:
        return self._connection.root.call_back(_same, seconds)


def _same(value: Any) -> Any:
    return value
