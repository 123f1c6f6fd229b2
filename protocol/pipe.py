"""Bytes in and out of two descriptors, on an asyncio loop: the one file that reads and writes the wire.

Owns coalescing of writes, partial writes, back-pressure figures and the end of the stream. Knows nothing
of lines or messages. Works on pipes and sockets; `protocol.peer` is its only caller.
"""

import asyncio
import os
import socket
from collections.abc import Callable
from time import perf_counter

from protocol.drain import Drain
from protocol.polling import yield_processor

READ_BYTES = 64 * 1024
"""One read. A larger buffer crosses malloc's mmap threshold and costs page faults on every read."""

BIG_READ_BYTES = 256 * 1024
"""One read while a frame is incomplete."""

REST_BYTES = 8 * 1024 * 1024
"""Most that is read after the other side ended: a descendant may hold the other end and go on writing."""

FLUSH_MESSAGES = 16
"""Queued messages that do not wait for the end of the turn: one write a turn would put both sides in step."""


class Pipe:
    """A byte stream both ways. `on_data` gets each chunk, `on_end` is told once that either way is over."""

    __slots__ = (
        "_drain",
        "_ended",
        "_flush_scheduled",
        "_grow",
        "_loop",
        "_on_data",
        "_on_end",
        "_paused",
        "_queue",
        "_read_fd",
        "_reading",
        "_tap",
        "_tapped_or_broken",
        "_write_fd",
        "_writing",
        "broken",
        "buffered",
        "low_water_bytes",
        "on_room",
        "read_bytes",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        read_fd: int,
        write_fd: int,
        *,
        on_data: Callable[[bytes], None],
        on_end: Callable[[OSError | None], None],
        low_water_bytes: int,
        grow: Callable[[int], None] | None = None,
    ) -> None:
        """Take over both descriptors; `close` closes them.

        `grow(fd)` is told of either descriptor once, when a frame of `BIG_READ_BYTES` and more moves over it.
        """
        self._grow = {read_fd: grow, write_fd: grow}
        self._loop = loop
        self._read_fd = read_fd
        self._write_fd = write_fd
        self._on_data = on_data
        self._on_end = on_end
        self._queue: list[bytes | memoryview] = []
        self._flush_scheduled = False
        self._writing = self._reading = False
        self._paused: set[str] = set()
        self._ended = False
        self._drain = Drain(loop)
        self.low_water_bytes = low_water_bytes
        self.on_room: Callable[[], None] | None = None
        """Called whenever at most `low_water_bytes` are left of what was queued."""
        self.read_bytes = READ_BYTES
        self.buffered = 0
        """Bytes that were written here and not yet taken by the kernel."""
        self.broken = False
        """Whether the other side reads no more; writes are dropped from then on."""
        self._tap: Callable[[bytes], None] | None = None
        self._tapped_or_broken = False
        os.set_blocking(read_fd, False)
        os.set_blocking(write_fd, False)

    def start(self) -> None:
        """Begin to read, unless it is closed already."""
        if self._read_fd >= 0:
            self._reading = True
            self._loop.add_reader(self._read_fd, self._on_readable)

    def pause(self, reason: str = "") -> None:
        """Stop reading; the kernel's buffer fills and the writer blocks."""
        if self._reading:
            if not self._paused:
                self._loop.remove_reader(self._read_fd)
            self._paused.add(reason)

    def resume(self, reason: str = "") -> None:
        """Read again, unless there is another reason not to."""
        if self._reading and reason in self._paused:
            self._paused.discard(reason)
            if not self._paused:
                self._loop.add_reader(self._read_fd, self._on_readable)

    def write(self, data: bytes, at_once: bool = False) -> None:
        """Queue bytes; `at_once` writes them now if nothing is queued before them."""
        if self._tapped_or_broken:
            if self._tap is not None:
                self._tap(data)
            if self.broken:
                return
        queue = self._queue
        if at_once and not queue:
            try:
                sent = os.write(self._write_fd, data)
            except (BlockingIOError, InterruptedError):
                sent = 0
            except OSError as exc:
                self._break()
                self._loop.call_soon(self._report_end, exc)
                return
            if sent < len(data):
                self._keep_rest(data, sent)
            return
        queue.append(data)
        self.buffered += len(data)
        if self._writing:
            return
        if len(queue) >= FLUSH_MESSAGES:
            self._flush()
        elif not self._flush_scheduled:
            self._flush_scheduled = True
            self._loop.call_soon(self._scheduled_flush)

    def tap(self, heard: Callable[[bytes], None] | None) -> None:
        """Have `heard` told of all that is written from now on; None ends it."""
        self._tap, self._tapped_or_broken = heard, self.broken or heard is not None

    async def drained(self) -> None:
        """Wait until at most `low_water_bytes` are queued, or the pipe is broken."""
        while self.buffered > self.low_water_bytes and not self.broken:
            await self._drain.wait()

    def read_rest(self) -> None:
        """Hand on what the kernel still holds, without waiting for the writers to end."""
        left = REST_BYTES
        while self._reading and left > 0:
            try:
                data = os.read(self._read_fd, BIG_READ_BYTES)
            except OSError:
                data = b""
            left = left - len(data) if data else 0
            if data:
                self._on_data(data)

    def poll(self, budget_s: float) -> bytes:
        """Return what can be read within `budget_s`, awake all the while; empty if nothing comes.

        The end of the stream is left for the loop to see.
        """
        if not self._reading or self._paused:
            return b""
        until = perf_counter() + budget_s
        while True:
            try:
                return os.read(self._read_fd, self.read_bytes)
            except (BlockingIOError, InterruptedError):
                if perf_counter() >= until:
                    return b""
                yield_processor()
            except OSError:
                return b""

    def close_writing(self) -> None:
        """End the outgoing stream; what is queued is dropped. The reading side goes on."""
        self._break()
        if self._write_fd < 0:
            return
        if self._write_fd == self._read_fd:
            try:
                both_ways = socket.socket(fileno=self._write_fd)
                try:
                    both_ways.shutdown(socket.SHUT_WR)
                finally:
                    both_ways.detach()
            except OSError:
                pass  # the other side is gone, so there is nobody left to tell
        else:
            os.close(self._write_fd)
        self._write_fd = -1

    def close(self) -> None:
        """Let go of both descriptors; `on_end` is not called any more."""
        self._ended = True
        if self._reading:
            self._reading = False
            if not self._paused:
                self._loop.remove_reader(self._read_fd)
        self.close_writing()
        if self._read_fd >= 0:
            os.close(self._read_fd)
            self._read_fd = -1

    def _on_readable(self) -> None:
        try:
            data = os.read(self._read_fd, self.read_bytes)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as exc:
            self._end(exc)
            return
        if data:
            self._on_data(data)
        else:
            self._end(None)

    def _end(self, exc: OSError | None) -> None:
        if self._reading:
            self._reading = False
            if not self._paused:
                self._loop.remove_reader(self._read_fd)
        self._report_end(exc)

    def _report_end(self, exc: OSError | None) -> None:
        ended, self._ended = self._ended, True
        if not ended:
            self._on_end(exc)

    def _keep_rest(self, data: bytes, sent: int) -> None:
        """Put what the kernel did not take of a lone message at the head of the queue."""
        self._queue.append(memoryview(data)[sent:])
        self.buffered += len(data) - sent
        self._writing = True
        if self.buffered >= BIG_READ_BYTES:
            self.moves_much(self._write_fd)
        self._loop.add_writer(self._write_fd, self._flush)

    def moves_much(self, fd: int | None = None) -> None:
        """Hear that a big frame moves over a descriptor; without one, on its way in."""
        fd = self._read_fd if fd is None else fd
        if grow := self._grow.pop(fd, None):
            grow(fd)

    def _scheduled_flush(self) -> None:
        self._flush_scheduled = False
        if self._queue and not self._writing:
            self._flush()

    def _flush(self) -> None:
        queue = self._queue
        alone = len(queue) == 1 or len(queue[0]) >= BIG_READ_BYTES
        # Neither joined nor sliced: at every partial write either would copy the rest of a big frame.
        data = queue[0] if alone else b"".join(queue)
        try:
            sent = os.write(self._write_fd, data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError as exc:
            self._break()
            self._loop.call_soon(self._report_end, exc)
            return
        if sent == self.buffered:
            queue.clear()
            if self._writing:
                self._writing = False
                self._loop.remove_writer(self._write_fd)
        else:
            behind = queue[1:] if alone else []
            self._queue = [memoryview(data)[sent:], *behind] if sent < len(data) else behind
            if not self._writing:
                self._writing = True
                self._loop.add_writer(self._write_fd, self._flush)
        self.buffered -= sent
        if self.buffered >= BIG_READ_BYTES:
            self.moves_much(self._write_fd)
        if self.buffered <= self.low_water_bytes:
            self._drain.wake()
            if self.on_room is not None:
                self.on_room()

    def _break(self) -> None:
        if self.broken:
            return
        self.broken = self._tapped_or_broken = True
        if self._writing:
            self._writing = False
            self._loop.remove_writer(self._write_fd)
        self._queue = []
        self.buffered = 0
        self._drain.wake()
