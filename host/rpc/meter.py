"""Counts and times the calls of one plugin, in fixed memory.

Latencies fall into a histogram whose buckets are powers of two with one bit below, so that a percentile is
off by a quarter at most; views compute percentiles when somebody looks.
"""

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
        nanoseconds = int(seconds * 1e9) | 1
        power = nanoseconds.bit_length() - 1
        below = (nanoseconds >> (power - 1)) & 1 if power else 0
        self._buckets[min(2 * power + below, _BUCKETS - 1)] += 1

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
                return (1 + below / 2 + 0.25) * 2**power / 1e9
        return None
