"""The clock of a test: it stands still until the test moves it, and what falls due meanwhile is run.

It begins at midnight, so that a test of `@cron` can say what it expects. Without a time zone it is UTC.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

START_S = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
"""Midnight of the first of January 2026, a Thursday."""

Due = Callable[[float], Awaitable[None]]
"""Runs all that is due up to a moment, in seconds since the epoch."""


class DrivenClock:
    """Seconds since the epoch, and seconds that never go back."""

    def __init__(self, now_s: float = START_S) -> None:
        self._started_s = now_s
        self._now_s = now_s
        self._due: list[Due] = []

    @property
    def now_s(self) -> float:
        """Seconds since the epoch."""
        return self._now_s

    @property
    def now(self) -> datetime:
        """The same as a time in UTC."""
        return datetime.fromtimestamp(self._now_s, UTC)

    @property
    def passed_s(self) -> float:
        """Seconds since the clock was made."""
        return self._now_s - self._started_s

    def on_advance(self, due: Due) -> None:
        """Have a function asked, at each advance, to run what is due; it moves the clock by `reach`."""
        self._due.append(due)

    def off_advance(self, due: Due) -> None:
        """Ask it no more."""
        if due in self._due:
            self._due.remove(due)

    def reach(self, moment_s: float) -> None:
        """Move to a moment, which is not before now, and run nothing."""
        self._now_s = max(self._now_s, moment_s)

    async def advance(
        self, seconds: float = 0, *, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> None:
        """Let time pass, and wait until all that fell due has been done.

        Raises:
            ValueError: Time does not go back.
            RpcError: A schedule of the plugin failed.
        """
        span_s = seconds + 60 * minutes + 3_600 * hours + 86_400 * days
        if span_s < 0:
            raise ValueError(f"advance: found {span_s} s; allowed: 0 or more")
        until_s = self._now_s + span_s
        for due in [*self._due]:
            await due(until_s)
        self.reach(until_s)
