"""Counts and times the calls of one plugin, in fixed memory.

Latencies fall into a histogram whose buckets are powers of two with one bit below, so that a percentile is
off by a quarter at most; views compute percentiles when somebody looks.
"""

from math import frexp, ldexp

_BUCKETS = 160
_STEP_S = 1e-9
_OFFSET = 2 * 29


class CallMeter:
    """Calls into one plugin."""

    __slots__ = ("_buckets", "errors")

    def __init__(self) -> None:
        self._buckets = [0] * _BUCKETS
        self.errors = 0

    @property
    def total(self) -> int:
        """Calls counted so far."""
        return sum(self._buckets)

    def record(self, seconds: float, failed: bool) -> None:
        """Count one call that took `seconds`, from 0 to some years."""
        if failed:
            self.errors += 1
        # A nanosecond, the clock's step, makes sure of an exponent of at least -29.
        mantissa, exponent = frexp(seconds + _STEP_S)
        self._buckets[2 * exponent + _OFFSET + (mantissa >= 0.75)] += 1

    def percentile_s(self, share: float) -> float | None:
        """Return the latency that `share` (0 to 1) of all calls did not exceed; None before the first."""
        total = self.total
        if not total:
            return None
        rank = share * total
        seen = 0
        for index, count in enumerate(self._buckets):
            seen += count
            if seen >= rank and count:
                power, below = divmod(index, 2)
                # The middle of the bucket.
                return ldexp(0.5 + below / 4 + 0.125, power - 29)
        return None
