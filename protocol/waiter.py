"""One request of this side from before its line is written until it is settled.

`protocol.outgoing` keeps them by id and its timer looks at their deadlines.
"""

import asyncio
from collections.abc import Callable

from protocol.errors import DEADLINE_EXCEEDED, RpcError
from protocol.jsonrpc import Message
from protocol.messages.meta import Progress
from protocol.stream_reader import StreamReader


class DeadlinePassed(RpcError):
    """This side's own deadline passed; the other side was told to stop."""

    def __init__(self, method: str, after_s: float) -> None:
        super().__init__(DEADLINE_EXCEEDED, f"{method} did not answer within {after_s:.3g} s")


class Waiter:
    """Who waits, for what, and until when (times on the loop's clock)."""

    __slots__ = ("deadline", "future", "hard", "idle_s", "method", "on_progress", "started", "stream")

    def __init__(
        self,
        future: "asyncio.Future[Message]",
        method: str,
        started: float,
        hard: float,
        idle_s: float | None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self.future = future
        self.method = method
        self.started = started
        self.hard = hard
        self.idle_s = idle_s
        self.deadline = hard if idle_s is None else min(started + idle_s, hard)
        self.on_progress = on_progress
        self.stream: StreamReader | None = None

    def touch(self, now: float) -> None:
        """Start the idle deadline again; the hard one stays."""
        if self.idle_s is not None:
            self.deadline = min(now + self.idle_s, self.hard)

    def expired(self, now: float) -> bool:
        """Tell whether a deadline passed. While a stream's reader is behind, its producer is not idle."""
        if self.deadline <= now < self.hard and self.stream is not None and self.stream.behind:
            self.touch(now)
        return self.deadline <= now

    def deadline_passed(self) -> DeadlinePassed:
        """Return the error, with the limit that was passed: the idle one or the hard one."""
        if self.idle_s is not None and self.deadline < self.hard:
            return DeadlinePassed(self.method, self.idle_s)
        return DeadlinePassed(self.method, self.hard - self.started)

    def fail(self, error: Exception) -> None:
        """Give up, unless it was answered in the same turn."""
        if not self.future.done():
            self.future.set_exception(error)
            # Its task may be cancelled, or a stream's reader never look at it; asyncio would complain.
            self.future.exception()
            if self.stream is not None:
                self.stream.wake()
