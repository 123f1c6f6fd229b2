"""The floors on an event loop: the same loop as the product on both sides, futures by id, and no feature."""

import asyncio
from importlib.util import find_spec
from typing import Any, ClassVar

from benchmarks.asyncio_pipe import AsyncioPipe
from benchmarks.child_process import ChildProcess
from benchmarks.echo_frame import Frame
from benchmarks.subject import Subject


class FloorAsyncio(Subject):
    """`loop.add_reader` and a dict of futures."""

    name = "floor-asyncio"
    about = "bare echo: asyncio on both sides, msgspec, a dict of futures"
    child_arguments: ClassVar[tuple[str, ...]] = ()

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        super().__init__(tasks)
        self._child: ChildProcess | None = None
        self._pipe: AsyncioPipe | None = None
        self._pending: dict[int, asyncio.Future[Any]] = {}
        self._next_id = 1
        self._expected = 0
        self._loop = asyncio.get_running_loop()

    @classmethod
    def unavailable(cls) -> str:
        return ""

    async def start(self) -> None:
        self._child = ChildProcess("asyncio_echo", *self.child_arguments)
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

    async def take_stream(self, items: int) -> None:
        assert self._pipe is not None
        self._expected = items
        future = self._pending[-1] = self._loop.create_future()
        self._pipe.send(Frame(-1, items), at_once=True)
        await future

    async def notify(self, count: int) -> None:
        assert self._pipe is not None
        notification = Frame(0, self.small)
        for _ in range(count):
            self._pipe.send(notification, at_once=False)
        await self.call(None)

    def _settle(self, frames: list[Frame]) -> None:
        for frame in frames:
            if frame.id > 0:
                self._pending.pop(frame.id).set_result(frame.value)
            else:
                self._expected -= 1
                if not self._expected:
                    self._pending.pop(frame.id).set_result(None)

    def _ended(self) -> None:
        for future in self._pending.values():
            future.set_exception(EOFError("the child ended"))
        self._pending.clear()


class FloorUvloop(FloorAsyncio):
    """The same on uvloop."""

    name = "floor-uvloop"
    about = "the same bare echo, uvloop on both sides"
    loop = "uvloop"
    starts = False
    child_arguments = ("uvloop",)

    @classmethod
    def unavailable(cls) -> str:
        return "" if find_spec("uvloop") is not None else "the distribution `uvloop` is not installed"
