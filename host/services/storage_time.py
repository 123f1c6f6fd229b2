"""Storage time: the wall clock as storage sees it, which never goes back.

Where the wall clock is set back, time goes on from where it was, at its usual pace: no key comes back to
life, and those that are kept from then on live as long as was asked for. Used on the event loop alone.
"""

from host.clock import Clock


class StorageTime:
    """Seconds since the epoch; may run ahead of the wall clock, never behind."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._latest_s = 0.0
        self._seen_s = clock.monotonic()

    def begin(self, latest_s: float) -> None:
        """Go on from the time that an earlier run of the host had reached."""
        self._latest_s = max(self._latest_s, latest_s)

    def now_s(self) -> float:
        """Return the time."""
        seen_s = self._clock.monotonic()
        self._latest_s = max(self._clock.wall(), self._latest_s + seen_s - self._seen_s)
        self._seen_s = seen_s
        return self._latest_s
