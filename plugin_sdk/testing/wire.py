"""Wire: what lies between the plugin and its host in a test in memory, and can be made slow or be torn.

Two socket pairs with a pump for each direction between them. The plugin's session has one end, the test's
host the other; neither knows.
"""

import asyncio
import socket
from typing import Final

READ_BYTES: Final = 64 * 1024


class Wire:
    """One connection."""

    def __init__(self) -> None:
        near, self._near = socket.socketpair()
        far, self._far = socket.socketpair()
        for one in (self._near, self._far):
            one.setblocking(False)
        self.host_fd = near.detach()
        """The host's end."""
        self.plugin_fd = far.detach()
        """The plugin's end."""
        self.chunk_bytes: int | None = None
        """How much goes through at once; None for all there is."""
        self._open = asyncio.Event()
        self._open.set()
        self._tearing = False

    async def run(self) -> None:
        """Carry bytes in both directions until both ends are closed."""
        with self._near, self._far:
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(self._pump(self._near, self._far, to_plugin=True))
                pumps.create_task(self._pump(self._far, self._near, to_plugin=False))

    def stall(self) -> None:
        """Let nothing through, in either direction, until `resume`."""
        self._open.clear()

    def resume(self) -> None:
        """Let everything through again."""
        self._open.set()

    def tear(self) -> None:
        """Let half of the next thing that goes to the plugin through, and end the line there."""
        self._tearing = True

    def cut(self) -> None:
        """Close both ends, as if the plugin's process had ended."""
        self._open.set()
        for one in (self._near, self._far):
            # Not close: whoever waits to read would not hear of it.
            _end(one, socket.SHUT_RDWR)

    async def _pump(self, source: socket.socket, sink: socket.socket, *, to_plugin: bool) -> None:
        loop = asyncio.get_running_loop()
        try:
            while data := await loop.sock_recv(source, READ_BYTES):
                await self._open.wait()
                if to_plugin and self._tearing:
                    self._tearing = False
                    data = data[: max(1, len(data) // 2)] + b"\n"
                step = self.chunk_bytes or len(data)
                for start in range(0, len(data), step):
                    await self._open.wait()
                    await loop.sock_sendall(sink, data[start : start + step])
        except OSError:
            pass  # one end is closed: the other hears of it
        finally:
            _end(sink, socket.SHUT_WR)


def _end(sink: socket.socket, how: int) -> None:
    try:
        sink.shutdown(how)
    except OSError:
        pass  # it is closed already
