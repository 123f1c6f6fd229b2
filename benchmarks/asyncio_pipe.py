"""Frames over two descriptors on an asyncio loop, bare: either side of the floors on an event loop.

A lone frame is written at once, others in sixteens, which is what pipes like best: the floor is a hard one.
It bounds, checks and times nothing.
"""

import asyncio
import os
from collections.abc import Callable

from benchmarks.echo_frame import READ_BYTES, WRITE_EVERY, Frame, Lines, decode_lines, encode


class AsyncioPipe:
    """`on_frames` gets what one read brought, `on_end` is called once at the end of the stream."""

    def __init__(
        self,
        read_fd: int,
        write_fd: int,
        on_frames: Callable[[list[Frame]], None],
        on_end: Callable[[], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._read_fd = read_fd
        self._write_fd = write_fd
        self._on_frames = on_frames
        self._on_end = on_end
        self._lines = Lines()
        self._queue: list[bytes] = []
        self._rest = memoryview(b"")
        self._flush_scheduled = False
        os.set_blocking(read_fd, False)
        os.set_blocking(write_fd, False)
        self._loop.add_reader(read_fd, self._readable)

    def close(self) -> None:
        """Leave the loop; the descriptors are their owner's."""
        self._loop.remove_reader(self._read_fd)
        self._loop.remove_writer(self._write_fd)

    def send(self, frame: Frame, at_once: bool) -> None:
        """Write a frame now if `at_once` and nothing waits, else by the end of the turn."""
        self._queue.append(encode(frame) + b"\n")
        if (at_once and len(self._queue) == 1) or len(self._queue) >= WRITE_EVERY:
            self.flush()
        elif not self._flush_scheduled:
            self._flush_scheduled = True
            self._loop.call_soon(self._scheduled_flush)

    def flush(self) -> None:
        """Write what waits."""
        if self._rest or not self._queue:
            return
        self._rest = memoryview(b"".join(self._queue))
        self._queue.clear()
        self._write_rest()

    def _scheduled_flush(self) -> None:
        self._flush_scheduled = False
        self.flush()

    def _write_rest(self) -> None:
        try:
            sent = os.write(self._write_fd, self._rest)
        except BlockingIOError:
            sent = 0
        self._rest = self._rest[sent:]
        if self._rest:
            self._loop.add_writer(self._write_fd, self._go_on)

    def _go_on(self) -> None:
        self._loop.remove_writer(self._write_fd)
        self._write_rest()
        self.flush()

    def _readable(self) -> None:
        data = os.read(self._read_fd, READ_BYTES)
        if not data:
            self._loop.remove_reader(self._read_fd)
            self._on_end()
        elif block := self._lines.feed(data):
            self._on_frames(decode_lines(block))
