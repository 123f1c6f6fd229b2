"""Time, as an object that policies are handed, so that tests can drive it."""

import time
from typing import Protocol


class Clock(Protocol):
    """Where policies take the time from."""

    def monotonic(self) -> float:
        """Seconds that never go back; stand still while the machine is suspended."""
        ...

    def wall(self) -> float:
        """Seconds since the epoch, UTC; may jump."""
        ...

    def suspended(self) -> float:
        """Seconds that the machine has spent suspended since it booted; 0 where that can't be known."""
        ...


class SystemClock:
    """The machine's clocks."""

    def monotonic(self) -> float:
        """Read the monotonic clock."""
        return time.monotonic()

    def wall(self) -> float:
        """Read the wall clock."""
        return time.time()

    def suspended(self) -> float:
        """Boot time less monotonic time."""
        boottime: int | None = getattr(time, "CLOCK_BOOTTIME", None)
        if boottime is None:
            return 0.0
        return time.clock_gettime(boottime) - time.clock_gettime(time.CLOCK_MONOTONIC)


class FakeClock:
    """A clock that stands still until it is told to move."""

    def __init__(self, now_s: float = 1_000.0) -> None:
        self.now_s = now_s
        self.suspended_s = 0.0

    def monotonic(self) -> float:
        """Return the time that was set."""
        return self.now_s

    def wall(self) -> float:
        """Return the time that was set."""
        return self.now_s

    def suspended(self) -> float:
        """Return the suspension that was set."""
        return self.suspended_s

    def advance(self, seconds: float) -> None:
        """Move on."""
        self.now_s += seconds
