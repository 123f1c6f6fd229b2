"""Counts and times the calls of one plugin, in fixed memory.

Latencies fall into a histogram with two buckets for each power of two, so that a percentile is off by a fifth
at most; views compute percentiles when somebody looks.
"""

from collections import deque
from collections.abc import Sequence
from math import frexp

from host.recording import CallRow

_BUCKETS = 160
_LEAST = 2.0**-60
"""The square of a nanosecond, the clock's step: what took no time has an exponent too."""
_OFFSET = 60

MAX_METHODS = 1_000
"""Methods that are counted by name; a plugin that does not say what it has may be called by any."""

MAX_METHOD_CHARS = 100

OTHER = "(other)"
"""What further and longer names are counted as."""


class CallMeter:
    """Calls into one plugin in one of its runs, also told to the tallies of all its runs."""

    __slots__ = ("_append", "_buckets", "_counts", "_failures", "errors")

    def __init__(self, calls: deque[CallRow], counts: dict[str, int], failures: dict[str, int]) -> None:
        """`calls` is bounded by whoever made it; `counts` and `failures`, by method, are bounded here."""
        self._append = calls.append
        self._counts = counts
        self._failures = failures
        self._buckets = [0] * _BUCKETS
        self.errors = 0

    @property
    def total(self) -> int:
        """Calls counted so far."""
        return sum(self._buckets)

    def record(self, method: str, started: float, seconds: float, code: int) -> None:
        """Count one call that took `seconds`, from 0 to some years; `code` is 0 or its error's."""
        try:
            self._counts[method] += 1
        except KeyError:
            method = self._begin(method)
        self._append((started, True, method, seconds, code))
        if code:
            self.errors += 1
            self._failures[method] = self._failures.get(method, 0) + 1
        # The square's exponent is twice the latency's, and its lowest bit the half of the power of two.
        self._buckets[frexp(seconds * seconds + _LEAST)[1] + _OFFSET] += 1

    def percentile_s(self, share: float) -> float | None:
        """Return the latency that `share` (0 to 1) of all calls did not exceed; None before the first."""
        return percentile_of(self._buckets, share)

    def buckets(self) -> tuple[int, ...]:
        """Return the histogram, for `percentile_of` a difference of two."""
        return tuple(self._buckets)

    def _begin(self, method: str) -> str:
        """Count a method for the first time; return the name that it is counted under."""
        counts = self._counts
        if len(method) > MAX_METHOD_CHARS or len(counts) >= MAX_METHODS:
            method = OTHER
        counts[method] = counts.get(method, 0) + 1
        return method


def percentile_of(buckets: Sequence[int], share: float) -> float | None:
    """Return the latency that `share` (0 to 1) of a histogram's calls did not exceed; None if it has none."""
    total = sum(buckets)
    if not total:
        return None
    rank = share * total
    seen = 0
    for index, count in enumerate(buckets):
        seen += count
        if seen >= rank and count:
            # The bucket's middle, by ratio.
            return 2.0 ** ((index - _OFFSET - 0.5) / 2)
    return None
