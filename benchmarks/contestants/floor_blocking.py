"""The blocking floor: what two pipes and the codec cost, one thread on each side and nothing else."""

import os
import time
from typing import Any

from benchmarks.child_process import ChildProcess
from benchmarks.contestant import Contestant
from benchmarks.echo_frame import READ_BYTES, WRITE_EVERY, Frame, Lines, decode_lines, encode


class FloorBlocking(Contestant):
    """Blocking reads and writes."""

    name = "floor-blocking"
    about = "bare echo: blocking pipes, msgspec, one thread on each side"

    def __init__(self) -> None:
        self._child: ChildProcess | None = None
        self._lines = Lines()
        self._next_id = 1

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
        frames: list[bytes] = []
        for _ in range(calls):
            frames.append(encode(Frame(self._next_id, value)) + b"\n")
            self._next_id += 1
        rest = memoryview(b"".join(frames))
        while rest:
            rest = rest[os.write(self._running.stdin_fd, rest) :]

    def _answers(self) -> list[Frame]:
        while data := os.read(self._running.stdout_fd, READ_BYTES):
            if block := self._lines.feed(data):
                return decode_lines(block)
        raise EOFError("the child ended")
