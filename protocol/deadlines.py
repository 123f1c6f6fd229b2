"""Deadlines of the requests under way: one timer for all of one connection.

Owns the timer only. It is armed again only for an earlier deadline, so the usual call, whose deadline is
later than that of the one before it, costs a comparison. `protocol.outgoing` says what follows.
"""

import asyncio
from collections.abc import Callable
from math import inf

from protocol.waiter import DeadlinePassed, Waiter


class Deadlines:
    """Looks at the waiters when the earliest deadline that was armed for has come."""

    __slots__ = ("_fail", "_loop", "_timer", "_waiters", "armed_for")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        waiters: Callable[[], list[Waiter]],
        fail: Callable[[Waiter, DeadlinePassed], None],
    ) -> None:
        """`waiters()` are those that wait; `fail(waiter, error)` gives one of them up."""
        self._loop = loop
        self._waiters = waiters
        self._fail = fail
        self._timer: asyncio.TimerHandle | None = None
        self.armed_for = inf
        """When the timer fires, on the loop's clock."""

    def watch(self, waiter: Waiter) -> None:
        """Have its deadline kept."""
        if waiter.deadline < self.armed_for:
            self.arm(waiter.deadline)

    def arm(self, when: float) -> None:
        """Fire at `when`, which is earlier than `armed_for`."""
        if self._timer is not None:
            self._timer.cancel()
        self.armed_for = when
        self._timer = self._loop.call_at(when, self._expire)

    def stretch(self, seconds: float) -> None:
        """Put every deadline off. The timer finds that out when it fires."""
        for waiter in self._waiters():
            waiter.hard += seconds
            waiter.deadline += seconds

    def close(self) -> None:
        """Fire no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        self._timer = None
        self.armed_for = inf
        now = self._loop.time()
        for waiter in self._waiters():
            if waiter.expired(now):
                self._fail(waiter, waiter.deadline_passed())
        earliest = min((waiter.deadline for waiter in self._waiters()), default=inf)
        if earliest < inf:
            self.arm(earliest)
