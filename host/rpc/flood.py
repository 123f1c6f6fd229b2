"""What unasked-for messages of a plugin may cost the host.

`FloodBudget` bounds time per plugin: past it the host stops reading for a moment, the pipe fills and blocks
the plugin. `HeldFrames` bounds the memory of incomplete frames over all plugins.
"""

from collections.abc import Callable

SHARE = 0.10
"""Part of one core that one plugin's unasked-for messages may take. Source: behaviour in numbers, *Wire*."""

BURST_S = 0.005
"""Time that may be taken at once after a rest: a plugin that starts up logs a few dozen lines."""

HELD_FRAMES_BYTES = 256 * 1024 * 1024
"""Incomplete frames of all plugins together."""


class FloodBudget:
    """One plugin's budget of parsing time, as a bucket that fills at `SHARE`."""

    __slots__ = ("_at", "_left_s", "_now", "rested_s")

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._at = now()
        self._left_s = BURST_S
        self.rested_s = 0.0
        """Seconds for which reading was stopped so far."""

    def charge(self, seconds: float) -> float:
        """Take `seconds` from the budget; return for how long to stop reading."""
        now = self._now()
        self._left_s = min(BURST_S, self._left_s + (now - self._at) * SHARE) - seconds
        self._at = now
        if self._left_s >= 0.0:
            return 0.0
        rest_s = -self._left_s / SHARE
        self.rested_s += rest_s
        return rest_s


class HeldFrames:
    """Memory of incomplete frames, host-wide."""

    def __init__(self, limit_bytes: int = HELD_FRAMES_BYTES) -> None:
        self._limit = limit_bytes
        self._held: dict[object, int] = {}
        self._total = 0

    def may_hold(self, owner: object, size: int) -> bool:
        """Tell whether `owner` may hold `size` bytes of an incomplete frame, and count it if so."""
        total = self._total + size - self._held.get(owner, 0)
        if total > self._limit:
            self.release(owner)
            return False
        self._held[owner] = size
        self._total = total
        return True

    def release(self, owner: object) -> None:
        """Forget what `owner` held."""
        self._total -= self._held.pop(owner, 0)
