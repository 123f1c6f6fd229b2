"""The asyncio floor: the same loop as the product on both sides, futures by id, and no feature."""

import asyncio
from typing import Any

from benchmarks.asyncio_pipe import AsyncioPipe
from benchmarks.child_process import ChildProcess
from benchmarks.contestant import Contestant
from benchmarks.echo_frame import Frame


class FloorAsyncio(Contestant):
    """`loop.add_reader` and a dict of futures."""

    name = "floor-asyncio"
    about = "bare echo: asyncio on both sides, msgspec, a dict of futures"

    def __init__(self) -> None:
        self._child: ChildProcess | None = None
        self._pipe: AsyncioPipe | None = None
        self._pending: dict[int, asyncio.Future[Any]] = {}
        self._next_id = 1
        self._loop = asyncio.get_running_loop()

    async def start(self) -> None:
        self._child = ChildProcess("asyncio_echo")
        self._pipe = AsyncioPipe(self._child.stdout_fd, self._child.stdin_fd, self._settle, self._ended)

    async def stop(self) -> None:
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            pipe.close()
        child, self._child = self._child, None
        if child is not None:
            child.end()

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    async def call(self, value: Any) -> Any:
        assert self._pipe is not None
        number = self._next_id
        self._next_id = number + 1
        lone = not self._pending
        future = self._pending[number] = self._loop.create_future()
        self._pipe.send(Frame(number, value), lone)
        return await future

    def _settle(self, frames: list[Frame]) -> None:
        for frame in frames:
            self._pending.pop(frame.id).set_result(frame.value)

    def _ended(self) -> None:
        for future in self._pending.values():
            future.set_exception(EOFError("the child ended"))
        self._pending.clear()
