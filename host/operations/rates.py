"""Rates: how much each plugin is called lately, from counters that only grow.

Sampled with the watchdog's sweeps, so that a host at rest is not woken for it. What is kept of a plugin is
small and bounded: counters of each second, histograms of each ten, and of one that rests nothing new. Knows
nothing of where the counters come from.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from host.rpc.meter import percentile_of

RATE_S: Final = 5.0
"""Window of calls per second."""
WINDOW_S: Final = 60.0
"""Window of percentiles, of the share of errors, and of what is compared with a plugin's own past."""
STEP_S: Final = 10.0
"""Between two histograms, and between two sizes of memory, that are kept."""
MEMORY_S: Final = 600.0
"""How far back memory is remembered."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What counters say of the last while."""

    calls_per_s: float = 0.0
    errors_pct: float = 0.0
    calls: int = 0
    """In the window."""
    p50_s: float | None = None
    p99_s: float | None = None


NO_RATE: Final = Rate()


class _Past:
    """Of one plugin in one session."""

    __slots__ = ("counts", "histograms", "memory", "rate", "session")

    def __init__(self, session: str) -> None:
        self.session = session
        self.counts: deque[tuple[float, int, int]] = deque()
        """Monotonic seconds, calls, errors; the first is as old as the window."""
        self.histograms: deque[tuple[float, Sequence[int]]] = deque()
        self.memory: deque[tuple[float, int]] = deque(maxlen=int(MEMORY_S / STEP_S))
        self.rate = NO_RATE


class Rates:
    """Of all plugins of one host."""

    def __init__(self) -> None:
        self._past: dict[str, _Past] = {}
        self.calls = 0
        """Into plugins, since the host started."""
        self.errors = 0
        self.host_cpu_cores: float | None = None
        """What the host's own process uses, without its plugins."""
        self.host_rss_bytes: int | None = None

    def sample(
        self,
        plugin: str,
        session: str,
        at_s: float,
        calls: int,
        errors: int,
        memory_bytes: int | None,
        histogram: Callable[[], Sequence[int]],
    ) -> None:
        """Take a plugin's counters; about once a second. `histogram` is asked for if there was a call."""
        past = self._past.get(plugin)
        if past is None or past.session != session:
            past = self._past[plugin] = _Past(session)
        if memory_bytes is not None and (not past.memory or at_s - past.memory[-1][0] >= STEP_S):
            past.memory.append((at_s, memory_bytes))
        counts, kept = past.counts, past.histograms
        if not counts:
            # Sessions begin with nothing, and are seen within a second.
            counts.append((at_s - 1.0, 0, 0))
        _, before_calls, before_errors = counts[-1]
        self.calls += calls - before_calls
        self.errors += errors - before_errors
        if calls == counts[0][1]:
            # It rested for all of the window: the moment moves on, and nothing more is kept.
            counts.clear()
            counts.append((at_s, calls, errors))
            while len(kept) > 1:
                kept.popleft()
            past.rate = NO_RATE
            return
        counts.append((at_s, calls, errors))
        while at_s - counts[1][0] >= WINDOW_S:
            counts.popleft()
        now = histogram()
        past.rate = _rate(counts, kept[0][1] if kept else [0] * len(now), now)
        if not kept or at_s - kept[-1][0] >= STEP_S:
            kept.append((at_s, now))
        while len(kept) > 1 and at_s - kept[1][0] >= WINDOW_S:
            kept.popleft()

    def of(self, plugin: str) -> Rate:
        """Return a plugin's rate; zeros where nothing is known."""
        past = self._past.get(plugin)
        return NO_RATE if past is None else past.rate

    def memory(self, plugin: str) -> tuple[tuple[float, int], ...]:
        """Return what a plugin's memory was: monotonic seconds and bytes, ten seconds apart."""
        past = self._past.get(plugin)
        return () if past is None else tuple(past.memory)

    def total_per_s(self) -> float:
        """Return the calls per second into all plugins."""
        return sum(past.rate.calls_per_s for past in self._past.values())

    def keep_only(self, plugins: set[str]) -> None:
        """Forget plugins that are gone."""
        for plugin in self._past.keys() - plugins:
            del self._past[plugin]


def _rate(counts: deque[tuple[float, int, int]], before: Sequence[int], now: Sequence[int]) -> Rate:
    (at_s, calls, errors), (_, first_calls, first_errors) = counts[-1], counts[0]
    near_s, near_calls, _ = next((one for one in counts if at_s - one[0] <= RATE_S), counts[-2])
    if near_s == at_s:
        near_s, near_calls, _ = counts[-2]
    spent_s = at_s - near_s
    window = [new - old for new, old in zip(now, before, strict=True)]
    lately = calls - first_calls
    return Rate(
        calls_per_s=round((calls - near_calls) / spent_s, 1) if spent_s > 0 else 0.0,
        errors_pct=round(100 * (errors - first_errors) / lately, 1) if lately else 0.0,
        calls=lately,
        p50_s=percentile_of(window, 0.50),
        p99_s=percentile_of(window, 0.99),
    )
