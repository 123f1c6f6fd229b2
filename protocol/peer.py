"""One side of the wire: symmetric, the same code in the host and in a plugin.

Owns the life of the connection, and when to wait awake for what comes next. What comes in is
`protocol.intake`'s, requests that this side makes are `protocol.outgoing`'s, those that it serves
`protocol.incoming`'s. Does not know methods, permissions or processes; its owner handles requests,
notifications and faults.
"""

import asyncio
from collections.abc import Callable
from contextvars import copy_context

from protocol import jsonrpc
from protocol.admission import MAX_BUFFERED_BYTES, MAX_IN_FLIGHT
from protocol.framing import MAX_FRAME_BYTES
from protocol.inbound import Inbound
from protocol.incoming import Handle, Incoming, ToError
from protocol.intake import Intake, Owner
from protocol.outgoing import Outgoing
from protocol.pipe import Pipe
from protocol.polling import CALLS_PER_REST, Lingering, Polling


class Peer:
    """A connection. `run` serves it; `outgoing.request` and `notify` use it."""

    def __init__(
        self,
        read_fd: int,
        write_fd: int,
        owner: Owner,
        handle: Handle,
        to_error: ToError,
        *,
        unbounded: frozenset[str] = frozenset(),
        max_in_flight: int = MAX_IN_FLIGHT,
        max_frame_bytes: int = MAX_FRAME_BYTES,
        max_buffered_bytes: int = MAX_BUFFERED_BYTES,
        charge: Callable[[float], float] | None = None,
        may_hold: Callable[[int], bool] | None = None,
        polling: Polling | None = None,
        grow: Callable[[int], None] | None = None,
        on_served: Callable[[Inbound, float], None] | None = None,
    ) -> None:
        """Take over both descriptors.

        `charge(seconds)` is told what unasked-for messages cost to take and answers how long to stop
        reading. `may_hold(bytes)` is asked whether an incomplete frame may grow to this size. `polling` is
        shared by all peers of a process. `grow(fd)` may make the pipe behind a descriptor larger.
        `on_served(request, ended)` is told of each request that was answered, where there is a charge.
        """
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._owner = owner
        self._max_frame = max_frame_bytes
        self._max_buffered = max_buffered_bytes
        self._polling = polling or Polling()
        self._lingering: Lingering | None = None
        self._context = copy_context()
        self._closed = loop.create_future()
        self._pipe = Pipe(
            loop,
            read_fd,
            write_fd,
            on_data=self._on_readable,
            on_end=self._on_end,
            low_water_bytes=max_buffered_bytes // 2,
            grow=grow,
        )
        self.outgoing = Outgoing(
            loop,
            self._pipe,
            self._fault,
            self._poll,
            self._polling,
            max_in_flight=max_in_flight,
            max_buffered_bytes=max_buffered_bytes,
            max_frame_bytes=max_frame_bytes,
        )
        self.incoming = Incoming(
            loop,
            self._pipe,
            handle,
            to_error,
            self._fault,
            timed=charge is not None,
            on_served=on_served,
            unbounded=unbounded,
            max_in_flight=max_in_flight,
            max_buffered_bytes=max_buffered_bytes,
            max_frame_bytes=max_frame_bytes,
        )
        self._intake = Intake(
            loop,
            self._pipe,
            self.outgoing,
            self.incoming,
            owner,
            max_frame_bytes=max_frame_bytes,
            max_buffered_bytes=max_buffered_bytes,
            charge=charge,
            may_hold=may_hold,
        )

    @property
    def buffered(self) -> int:
        """Bytes that the other side has not read yet."""
        return self._pipe.buffered

    @property
    def max_frame_bytes(self) -> int:
        """Longest line that either side may send."""
        return self._max_frame

    @property
    def held_bytes(self) -> int:
        """Bytes of an incomplete frame."""
        return self._intake.held_bytes

    async def run(self) -> None:
        """Serve until `close`; handlers still at work are cancelled then."""
        async with asyncio.TaskGroup() as tasks:
            self.incoming.begin(tasks)
            self._pipe.start()
            try:
                await asyncio.shield(self._closed)
            finally:
                self.incoming.stop()

    def notify(self, method: str, params: bytes) -> bool:
        """Send a notification; False if it was dropped: too long, or the other side does not read."""
        if self._pipe.broken or self._pipe.buffered > self._max_buffered:
            return False
        line = jsonrpc.build_notification(jsonrpc.method_name(method), params)
        if len(line) > self._max_frame:
            return False
        self._pipe.write(line)
        return True

    def notify_all(self, lines: bytes) -> bool:
        """Send whole notification lines that were built before, in one write; False if they were dropped."""
        if self._pipe.broken or self._pipe.buffered > self._max_buffered:
            return False
        self._pipe.write(lines, at_once=True)
        return True

    @property
    def broken(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._pipe.broken

    async def drained(self) -> None:
        """Wait until the other side has read most of what was sent, or never will."""
        await self._pipe.drained()

    def read_rest(self) -> None:
        """Take what the other side wrote before it ended, without waiting for more. Called from a task."""
        self.outgoing.at_once = self.incoming.at_once = False
        self._pipe.read_rest()
        self._intake.take_backlog()
        self.outgoing.at_once = self.incoming.at_once = True

    def tap(self, read: Callable[[bytes], None] | None, written: Callable[[bytes], None] | None) -> None:
        """Have all bytes that come and go told from now on; None ends it. Neither may raise or block."""
        self._intake.tap = read
        self._pipe.tap(written)

    def close_writing(self) -> None:
        """Close the outgoing stream: the other side reads its end."""
        self._pipe.close_writing()

    def close(self, error: Callable[[], Exception]) -> None:
        """End the connection: all waiters fail, each with an `error()`; `run` returns."""
        if self._closed.done():
            return
        self.outgoing.close(error)
        self.incoming.stop()
        self._intake.close()
        self._pipe.close()
        self._closed.set_result(None)

    def _on_end(self, _exc: OSError | None) -> None:
        self._owner.on_end()

    def linger(self, lingering: Lingering) -> None:
        """From now on stay awake for the next request where the rule says so."""
        self._lingering = lingering

    def _on_readable(self, data: bytes) -> None:
        """Take what one read brought, in a callback of the loop, and then what comes while it is awake."""
        lingering = self._lingering
        if lingering is None:
            self._intake.take(data)
            return
        lingering.woken()
        self._intake.take(data)
        rounds = 0
        while lingering.worth and rounds < CALLS_PER_REST and self._idle():
            data = self._pipe.poll(lingering.budget_s)
            if not data:
                lingering.missed()
                break
            lingering.came()
            rounds += 1
            self._intake.take(data)
        lingering.rests()

    def _idle(self) -> bool:
        """Tell whether nothing is left to do but to wait for this wire."""
        return not (self.incoming.in_flight or self._pipe.buffered or self._polling.in_flight > 1)

    def _poll(self, seconds: float) -> bool:
        """Take what one read within `seconds` brings; True if it brought something. Called from a task."""
        data = self._pipe.poll(seconds)
        if not data:
            return False
        self.outgoing.at_once = self.incoming.at_once = False
        # Not in the task's own context: what it holds is no business of whoever is heard here.
        self._context.run(self._intake.take, data)
        self.outgoing.at_once = self.incoming.at_once = True
        # A handler needs the loop.
        return not self.incoming.in_flight

    def _fault(self, kind: str, detail: str) -> None:
        self._owner.on_fault(kind, detail, b"")
