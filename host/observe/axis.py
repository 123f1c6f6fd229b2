"""Axis: one time for everything that is recorded, in seconds since the epoch, which never goes back.

Between two looks at the wall clock it is as even as `time.perf_counter`, so that what followed another is
recorded after it. It follows the wall clock forwards (a suspended machine, a clock that was late), and waits
for one that was put back, also by the time of what an earlier host recorded.
"""

import time
from collections.abc import Callable

JUMP_S = 1.0
"""Seconds by which the wall clock may run ahead before the axis follows."""


class Axis:
    """The time of one host's records."""

    def __init__(
        self, wall: Callable[[], float] = time.time, even: Callable[[], float] = time.perf_counter
    ) -> None:
        self._wall = wall
        self._even = even
        self._offset_s = wall() - even()

    def at(self, even_s: float) -> float:
        """Return the place of a moment that was read from `time.perf_counter`."""
        return even_s + self._offset_s

    def now(self) -> float:
        """Return the present place."""
        return self._even() + self._offset_s

    def begin_after(self, last_s: float) -> None:
        """Go on from where an earlier host was, if the wall clock is behind that."""
        self._offset_s = max(self._offset_s, last_s - self._even())

    def follow(self) -> None:
        """Look at the wall clock."""
        offset_s = self._wall() - self._even()
        if offset_s > self._offset_s + JUMP_S:
            self._offset_s = offset_s
