"""pyln-client: a plugin of the Core Lightning daemon.

The daemon is a program of C and no library, so the host is the smallest that speaks to such a plugin:
blocking pipes and msgspec. It is not in the lock; `pip install pyln-client` into the environment brings it.
"""

import asyncio
import os
import time
from importlib.util import find_spec
from typing import Any

import msgspec

from benchmarks.child_process import ChildProcess
from benchmarks.echo_frame import READ_BYTES, WRITE_EVERY
from benchmarks.subject import Subject

_END = b"\n\n"


class _Answer(msgspec.Struct, gc=False):
    id: int
    result: Any = None
    error: Any = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Answer).decode


class PylnPlugin(Subject):
    """Requests to a `@plugin.method`."""

    name = "pyln-client"
    about = "pyln-client: a `@plugin.method`, called over blocking pipes as its daemon of C would"

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        super().__init__(tasks)
        self._child: ChildProcess | None = None
        self._held = b""
        self._next_id = 1

    @classmethod
    def unavailable(cls) -> str:
        if find_spec("pyln") is None:
            return "the distribution `pyln-client` is not installed; it is not in the lock"
        return ""

    async def start(self) -> None:
        # Without it, a plugin takes itself for one that a person runs.
        self._child = ChildProcess("pyln_echo", environment={"LIGHTNINGD_PLUGIN": "1"})
        self._write(self._request("getmanifest", {}))

    async def stop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()

    @property
    def pid(self) -> int:
        return self._running.pid

    async def call(self, value: Any) -> Any:
        self._write(self._request("echo", {"value": value}))
        sent = self._next_id - 1
        while True:
            for answer in self._answers():
                if answer.error is not None:
                    raise RuntimeError(f"no echo: {answer.error}")
                if answer.id == sent:
                    return answer.result

    async def keep_busy(self, value: Any, in_flight: int, until_s: float) -> int:
        batch = min(WRITE_EVERY, in_flight)
        free, calls = in_flight, 0
        while time.perf_counter() < until_s or free < in_flight:
            while free >= batch and time.perf_counter() < until_s:
                self._write(b"".join([self._request("echo", {"value": value}) for _ in range(batch)]))
                free -= batch
            answered = len(self._answers())
            calls += answered
            free += answered
        return calls

    async def notify(self, count: int) -> None:
        notification = _encode({"jsonrpc": "2.0", "method": "happened", "params": self.small}) + _END
        for _ in range(count // WRITE_EVERY):
            self._write(notification * WRITE_EVERY)
        await self.check_echo()

    @property
    def _running(self) -> ChildProcess:
        assert self._child is not None
        return self._child

    def _request(self, method: str, params: Any) -> bytes:
        request_id = self._next_id
        self._next_id += 1
        return _encode({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}) + _END

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._running.stdin_fd, rest) :]

    def _answers(self) -> list[_Answer]:
        """Wait for at least one answer."""
        held = bytearray(self._held)
        while data := os.read(self._running.stdout_fd, READ_BYTES):
            # The two characters of an end may come apart.
            start = max(0, len(held) - 1)
            held += data
            if held.find(_END, start) >= 0:
                *texts, self._held = bytes(held).split(_END)
                return [_decode(text) for text in texts]
        raise EOFError("the child ended")
