"""One client's connection: bytes in, whole lines out, and what is written to it bounded.

Owns flow control: nothing more is read from a client that does not take its answers, and one that takes
nothing at all for `stall_s` is let go. Does not know what a line says; that is `session`.
"""

import asyncio
import select
from collections.abc import Callable
from typing import Final, cast

from host.control.wire import MAX_FRAME_BYTES
from protocol.framing import LineBuffer, split_lines

STALL_S: Final = 30.0
"""How long a client may leave what is written to it unread."""

READ_PAUSE_BYTES: Final = 1024 * 1024
"""Unsent bytes past which nothing more is read from the client."""

MAX_UNSENT_BYTES: Final = 64 * 1024 * 1024
"""Unsent bytes past which the client is let go at once."""


class Connection(asyncio.Protocol):
    """The server's end of one connection."""

    def __init__(
        self, took: Callable[[bytes], None], too_long: Callable[[], None], *, stall_s: float = STALL_S
    ) -> None:
        """`took` is called with each line, `too_long` for one that was longer than a frame may be."""
        self._took = took
        self._too_long = too_long
        self._stall_s = stall_s
        self._lines = LineBuffer(MAX_FRAME_BYTES)
        self._transport: asyncio.Transport | None = None
        self._started = False
        self._early = b""
        """What came before there was somebody to hand lines to; one read at the most."""
        self._written = 0
        self._stall: asyncio.TimerHandle | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self.said_all = asyncio.Event()
        """Set once nothing more can come: the client closed its side, or the connection is closed."""
        self.closed = asyncio.Event()
        self.why = "the client left"
        """Why it is closed."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport; asyncio's."""
        self._transport = cast("asyncio.Transport", transport)
        # Nothing is unsent unless the kernel's own buffer is full.
        self._transport.set_write_buffer_limits(high=0)

    def start(self) -> None:
        """Begin to hand lines on; what came before is handed on at once."""
        self._started = True
        early, self._early = self._early, b""
        if early:
            self.data_received(early)
            if self._transport is not None and not self._transport.is_closing():
                self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Take bytes in; asyncio's."""
        if not self._started:
            self._early += data
            if self._transport is not None:
                self._transport.pause_reading()
            return
        block = self._lines.feed(data)
        for _ in self._lines.faults:
            self._too_long()
        self._lines.faults.clear()
        for line in split_lines(block):
            if self._transport is None or self._transport.is_closing():
                return
            if text := line.strip():
                self._took(text)

    def eof_received(self) -> bool:
        """Keep the way out open where the client only said its last: what it asked for is answered."""
        self.said_all.set()
        return not self._is_gone()

    def _is_gone(self) -> bool:
        """Tell whether the client closed both ways, which a read can't tell from one."""
        if self._transport is None:
            return True
        poll = select.poll()
        poll.register(self._transport.get_extra_info("socket").fileno(), 0)
        return any(event & (select.POLLHUP | select.POLLERR) for _, event in poll.poll(0))

    def connection_lost(self, exc: Exception | None) -> None:
        """See the end of it; asyncio's."""
        if exc is not None:
            self.why = f"the connection broke: {exc}"
        if self._stall is not None:
            self._stall.cancel()
        self._writable.set()
        self.said_all.set()
        self.closed.set()

    def pause_writing(self) -> None:
        """Begin to wait for the client; asyncio's."""
        self._writable.clear()
        self._watch_stall()

    def resume_writing(self) -> None:
        """The client has taken all; asyncio's."""
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None
        self._writable.set()
        if self._transport is not None:
            self._transport.resume_reading()

    def write(self, line: bytes) -> None:
        """Send a line, or queue it; nothing happens where the client is gone."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        self._written += len(line)
        transport.write(line)
        unsent = transport.get_write_buffer_size()
        if unsent > MAX_UNSENT_BYTES:
            self.abort(f"the client left {unsent} bytes unread")
        elif unsent > READ_PAUSE_BYTES:
            transport.pause_reading()

    async def drained(self) -> None:
        """Wait until the kernel has all that was written, or the connection is closed."""
        await self._writable.wait()

    def close(self) -> None:
        """End it once what was written is sent."""
        if self._transport is not None:
            self._transport.close()

    def abort(self, why: str) -> None:
        """End it now."""
        self.why = why
        if self._transport is not None:
            self._transport.abort()

    def _taken(self) -> int:
        """Return how many bytes the kernel took so far."""
        return self._written - (self._transport.get_write_buffer_size() if self._transport else 0)

    def _watch_stall(self) -> None:
        taken = self._taken()

        def look() -> None:
            if self._taken() == taken:
                self.abort(f"the client read nothing for {self._stall_s:g} s")
            else:
                self._watch_stall()

        self._stall = asyncio.get_running_loop().call_later(self._stall_s, look)
