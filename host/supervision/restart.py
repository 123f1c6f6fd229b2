"""Restart policy: what follows when a plugin's session ends.

Owns the back-off and the counting that leads to quarantine, for one plugin. Ends of the host's own doing have
a back-off of their own and count for nothing: they are no fault of the plugin, but whoever keeps ending the
warden must not have the host start plugins without pause. Pure: time and chance are handed in. The runner
carries the outcome out, and the standing keeps a quarantine over restarts of the host.
"""

import math
import random
from collections import Counter, deque
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from host.clock import Clock

BACKOFF_S = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
"""Seconds before each restart in a row; the last one repeats."""

HOST_PEACE_S = 60.0
"""Seconds from when a restart of the host's own doing is due; an end within them is one more in a row."""

JITTER = 0.2
"""Share by which a delay is shortened or lengthened at random, so that plugins don't restart in step."""

HEALTHY_S = 60.0
"""A run that was healthy for this many seconds lets the back-off begin anew."""

MAX_CRASHES = 5
"""Crashes within `CRASH_WINDOW_S` that lead to quarantine."""

CRASH_WINDOW_S = 300.0
"""Seconds for which a crash counts."""

MAX_LIMIT_KILLS = 3
"""Ends for a breached limit within `LIMIT_WINDOW_S` that lead to quarantine."""

LIMIT_WINDOW_S = 3600.0
"""Seconds for which an end for a breached limit counts."""

RESTARTS_KEPT = 1024
"""Restarts that are remembered for the figure that front ends show."""


class Cause(StrEnum):
    """Why a session ended."""

    STOPPED = "stopped"
    """Somebody asked for it."""
    CRASHED = "crashed"
    """The process ended by itself."""
    UNRESPONSIVE = "unresponsive"
    """It missed its pings and was killed."""
    LIMIT = "limit"
    """It used more than it may and was killed."""
    LOAD_FAILED = "load_failed"
    """It did not become active; the next attempt may succeed."""
    REFUSED = "refused"
    """It can't become active until somebody changes something."""
    PROTOCOL_FAULTS = "protocol_faults"
    """It broke the protocol too often."""
    HOST = "host"
    """The host's doing: its warden was lost, or it shut down."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Start it again."""

    after_s: float
    attempt: int
    """How many restarts in a row this makes; 0 where the plugin is not to blame."""


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Keep it from starting."""

    reason: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Leave it in error: trying again can't help."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stay:
    """Leave it stopped."""


Outcome = Retry | Quarantine | GiveUp | Stay


class RestartPolicy:
    """Decides for one plugin, from the ends of its sessions so far."""

    def __init__(self, clock: Clock, rng: random.Random) -> None:
        self._clock = clock
        self._rng = rng
        self._attempt = 0
        self._host_attempt = 0
        self._host_due_s = -math.inf
        self._crashes: deque[tuple[float, Cause]] = deque()
        self._limit_kills: deque[float] = deque()
        self._restarts: deque[float] = deque(maxlen=RESTARTS_KEPT)

    def ended(self, cause: Cause, *, healthy_for_s: float, detail: str = "") -> Outcome:
        """Take note of an end, now, and return what follows.

        `healthy_for_s`: how long the session was active before it ended. `detail`: the end in words, for the
        reason.
        """
        if healthy_for_s >= HEALTHY_S:
            self._attempt = self._host_attempt = 0
        match cause:
            case Cause.STOPPED:
                return Stay()
            case Cause.REFUSED:
                return GiveUp(detail or "the plugin can't be loaded as it is")
            case Cause.HOST:
                return self._host_caused()
            case Cause.LIMIT:
                return self._limit_killed(detail) or self._retry()
            case Cause.CRASHED | Cause.UNRESPONSIVE | Cause.LOAD_FAILED | Cause.PROTOCOL_FAULTS:
                return self._crashed(cause, detail) or self._retry()
            case _:
                assert_never(cause)

    def forget(self) -> None:
        """Begin anew: the operator reset the plugin, or its package changed."""
        self._attempt = self._host_attempt = 0
        self._crashes.clear()
        self._limit_kills.clear()
        self._restarts.clear()

    def recent_restarts(self, window_s: float = 600.0) -> int:
        """Return how many restarts were decided in the last `window_s`, the host's own doing left out."""
        now_s = self._clock.monotonic()
        return sum(1 for at_s in self._restarts if now_s - at_s < window_s)

    def _crashed(self, cause: Cause, detail: str) -> Quarantine | None:
        now_s = self._clock.monotonic()
        self._crashes.append((now_s, cause))
        while now_s - self._crashes[0][0] >= CRASH_WINDOW_S:
            self._crashes.popleft()
        if len(self._crashes) < MAX_CRASHES:
            return None
        kinds = Counter(cause.replace("_", " ") for _, cause in self._crashes)
        counts = ", ".join(f"{kind} {count}" for kind, count in kinds.items())
        return _quarantine(f"it failed {len(self._crashes)} times in 5 minutes ({counts})", detail)

    def _limit_killed(self, detail: str) -> Quarantine | None:
        now_s = self._clock.monotonic()
        self._limit_kills.append(now_s)
        while now_s - self._limit_kills[0] >= LIMIT_WINDOW_S:
            self._limit_kills.popleft()
        if len(self._limit_kills) < MAX_LIMIT_KILLS:
            return None
        return _quarantine(f"it broke its limits {len(self._limit_kills)} times in 60 minutes", detail)

    def _host_caused(self) -> Retry:
        now_s = self._clock.monotonic()
        if now_s - self._host_due_s >= HOST_PEACE_S:
            self._host_attempt = 0
        after_s = 0.0 if self._host_attempt == 0 else self._delay_s(self._host_attempt - 1)
        self._host_attempt += 1
        self._host_due_s = now_s + after_s
        return Retry(after_s, attempt=0)

    def _retry(self) -> Retry:
        after_s = self._delay_s(self._attempt)
        self._attempt += 1
        self._restarts.append(self._clock.monotonic())
        return Retry(after_s, self._attempt)

    def _delay_s(self, before: int) -> float:
        """Return the delay behind `before` earlier ones in a row."""
        base_s = BACKOFF_S[min(before, len(BACKOFF_S) - 1)]
        return base_s * self._rng.uniform(1.0 - JITTER, 1.0 + JITTER)


def _quarantine(what: str, detail: str) -> Quarantine:
    return Quarantine(f"{what}; the last one: {detail}" if detail else what)
