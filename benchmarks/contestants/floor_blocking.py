"""The blocking floor: what two pipes and the codec cost, one thread on each side and nothing else."""

import asyncio
import os
import time
from typing import Any

from benchmarks.child_process import ChildProcess
from benchmarks.echo_frame import READ_BYTES, WRITE_EVERY, Frame, Lines, decode_lines, encode
from benchmarks.subject import Subject


class FloorBlocking(Subject):
    """Blocking reads and writes."""

    name = "floor-blocking"
    about = "bare echo: blocking pipes, msgspec, one thread on each side"

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        super().__init__(tasks)
        self._child: ChildProcess | None = None
        self._lines = Lines()
        self._next_id = 1

    @classmethod
    def unavailable(cls) -> str:
        return ""

    async def start(self) -> None:
        self._child = ChildProcess("blocking_echo")

    async def stop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()

    @property
    def pid(self) -> int:
        return self._running.pid

    async def call(self, value: Any) -> Any:
        self._ask(value, 1)
        return self._answers()[0].value

    async def take_stream(self, items: int) -> None:
        self._write([Frame(-1, items)])
        while items:
            items -= len(self._answers())

    async def notify(self, count: int) -> None:
        batch = [Frame(0, self.small)] * WRITE_EVERY
        for _ in range(count // WRITE_EVERY):
            self._write(batch)
        await self.call(None)

    async def keep_busy(self, value: Any, in_flight: int, until_s: float) -> int:
        batch = min(WRITE_EVERY, in_flight)
        free = in_flight
        calls = 0
        while time.perf_counter() < until_s:
            while free >= batch:
                self._ask(value, batch)
                free -= batch
            answered = len(self._answers())
            calls += answered
            free += answered
        while free < in_flight:
            answered = len(self._answers())
            calls += answered
            free += answered
        return calls

    @property
    def _running(self) -> ChildProcess:
        assert self._child is not None
        return self._child

    def _ask(self, value: Any, calls: int) -> None:
        first = self._next_id
        self._next_id += calls
        self._write([Frame(number, value) for number in range(first, self._next_id)])

    def _write(self, frames: list[Frame]) -> None:
        rest = memoryview(b"".join([encode(frame) + b"\n" for frame in frames]))
        while rest:
            rest = rest[os.write(self._running.stdin_fd, rest) :]

    def _answers(self) -> list[Frame]:
        while data := os.read(self._running.stdout_fd, READ_BYTES):
            if block := self._lines.feed(data):
                return decode_lines(block)
        raise EOFError("the child ended")
