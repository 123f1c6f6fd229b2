"""Wire: a pipe under test between two real pipes, of which the test holds the other ends."""

import asyncio
import os
from collections.abc import Callable

from anyio.lowlevel import checkpoint

from protocol.pipe import Pipe

LOW_WATER_BYTES = 1_000


class Wire:
    """A pipe under test, and the raw other ends of it."""

    def __init__(self) -> None:
        self.far_read, write_fd = os.pipe()
        read_fd, self.far_write = os.pipe()
        self.received = bytearray()
        self.on_data: Callable[[bytes], None] = self.received.extend
        self.ends: list[OSError | None] = []
        self.pipe = Pipe(
            asyncio.get_running_loop(),
            read_fd,
            write_fd,
            on_data=lambda data: self.on_data(data),
            on_end=self.ends.append,
            low_water_bytes=LOW_WATER_BYTES,
        )
        os.set_blocking(self.far_read, False)

    def sent(self) -> bytes:
        """Return what reached the other end by now."""
        try:
            return os.read(self.far_read, 10_000_000)
        except BlockingIOError:
            return b""

    def swallow(self) -> None:
        """Make room."""
        self.sent()

    def close(self) -> None:
        self.pipe.close()
        for fd in (self.far_read, self.far_write):
            if fd >= 0:
                os.close(fd)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await checkpoint()
