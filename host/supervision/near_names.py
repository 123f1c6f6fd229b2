"""Near names: what may have been meant by a name that is not there, at a bounded cost.

Comparing a name with a thousand others takes tens of milliseconds of the event loop, and it is plugins that
choose how often they ask for one that is not there. So the courtesy takes a small share of the time at most;
in between, an error goes without it.
"""

import difflib
import time
from collections.abc import Callable, Iterable

SHARE = 0.02
"""Part of one core that proposals may take."""

MAX_CHARS = 200
"""Longest name that is compared with others."""

PROPOSED = 3
"""Names in one proposal at most."""


class NearNames:
    """Proposes names, all in all no more than `SHARE` allows."""

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        self._now = now
        self._again_at_s = 0.0

    def propose(self, wanted: str, names: Iterable[str]) -> list[str]:
        """Return names that are near to `wanted`, the nearest first; none while the share is used up."""
        began_s = self._now()
        if began_s < self._again_at_s or len(wanted) > MAX_CHARS:
            return []
        near = difflib.get_close_matches(wanted, names, n=PROPOSED)
        ended_s = self._now()
        self._again_at_s = ended_s + (ended_s - began_s) / SHARE
        return near
