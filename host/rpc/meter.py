"""Counts and times the calls of one plugin, in fixed memory.

Latencies fall into a histogram whose buckets are powers of two with one bit below, so that a percentile is
off by a quarter at most; views compute percentiles when somebody looks.
"""

from math import frexp, ldexp

_BUCKETS = 160


class CallMeter:
    """Calls into one plugin."""

    __slots__ = ("_buckets", "errors", "total")

    def __init__(self) -> None:
        self._buckets = [0] * _BUCKETS
        self.total = 0
        self.errors = 0

    def record(self, seconds: float, failed: bool) -> None:
        """Count one call."""
        self.total += 1
        self.errors += failed
        mantissa, exponent = frexp(seconds)
        # A nanosecond's exponent is -29; whatever is shorter falls into the first bucket.
        index = 2 * (exponent + 29) + (mantissa >= 0.75)
        self._buckets[index if 0 <= index < _BUCKETS else 0 if index < 0 else _BUCKETS - 1] += 1

    def percentile_s(self, share: float) -> float | None:
        """Return the latency that `share` (0 to 1) of all calls did not exceed; None before the first."""
        if not self.total:
            return None
        rank = share * self.total
        seen = 0
        for index, count in enumerate(self._buckets):
            seen += count
            if seen >= rank and count:
                power, below = divmod(index, 2)
                # The middle of the bucket.
                return ldexp(0.5 + below / 4 + 0.125, power - 29)
        return None
