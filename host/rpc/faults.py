"""Counts what a plugin does wrong on the wire, and says when it is enough."""

from collections import deque
from collections.abc import Callable

MAX_FAULTS = 100
"""Faults within `WINDOW_S` that end a session. Source: behaviour in numbers, *Wire*."""

WINDOW_S = 10.0

NOT_FAULTS = frozenset({"stray_output", "error_report"})
"""Reported, but no breach of the protocol: a print that missed stderr, an answer that names no request."""


class FaultMeter:
    """Faults of one session."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._times: deque[float] = deque(maxlen=MAX_FAULTS)
        self.total = 0

    def count(self, kind: str) -> bool:
        """Count one; tell whether the session must end."""
        if kind in NOT_FAULTS:
            return False
        self.total += 1
        now = self._now()
        self._times.append(now)
        return len(self._times) == MAX_FAULTS and now - self._times[0] <= WINDOW_S
