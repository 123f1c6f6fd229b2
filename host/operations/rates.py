"""Rates: how much each plugin is called lately, from counters that only grow.

Sampled with the watchdog's sweeps, so that a host at rest is not woken for it. Knows nothing of where the
counters come from.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from host.rpc.meter import percentile_of

RATE_S: Final = 5.0
"""Window of calls per second."""
WINDOW_S: Final = 60.0
"""Window of percentiles, of the share of errors, and of what is compared with a plugin's own past."""
MEMORY_S: Final = 600.0
"""How far back memory is remembered."""
MEMORY_STEP_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Count:
    """One plugin's counters at one moment."""

    session: str | None
    at_s: float
    """Monotonic."""
    calls: int
    errors: int
    buckets: tuple[int, ...]
    memory_bytes: int | None


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


@dataclass(slots=True)
class _Past:
    counts: deque[Count] = field(default_factory=lambda: deque[Count](maxlen=80))
    memory: deque[tuple[float, int]] = field(
        default_factory=lambda: deque[tuple[float, int]](maxlen=int(MEMORY_S / MEMORY_STEP_S))
    )
    rate: Rate = NO_RATE


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

    def sample(self, plugin: str, now: Count) -> None:
        """Take a plugin's counters; about once a second."""
        past = self._past.setdefault(plugin, _Past())
        counts = past.counts
        if counts and counts[-1].session != now.session:
            counts.clear()
            past.memory.clear()
        before = counts[-1] if counts else None
        self.calls += now.calls - (before.calls if before is not None else 0)
        self.errors += now.errors - (before.errors if before is not None else 0)
        counts.append(now)
        while now.at_s - counts[0].at_s > WINDOW_S and len(counts) > 1:
            counts.popleft()
        if now.memory_bytes is not None and (
            not past.memory or now.at_s - past.memory[-1][0] >= MEMORY_STEP_S
        ):
            past.memory.append((now.at_s, now.memory_bytes))
        past.rate = _rate(counts)

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


def _rate(counts: deque[Count]) -> Rate:
    now, oldest = counts[-1], counts[0]
    near = next((one for one in counts if now.at_s - one.at_s <= RATE_S), now)
    spent_s = now.at_s - near.at_s
    calls = now.calls - oldest.calls
    if len(counts) == 1 or not calls:
        return NO_RATE
    window = [new - old for new, old in zip(now.buckets, oldest.buckets, strict=True)]
    return Rate(
        calls_per_s=round((now.calls - near.calls) / spent_s, 1) if spent_s > 0 else 0.0,
        errors_pct=round(100 * (now.errors - oldest.errors) / calls, 1),
        calls=calls,
        p50_s=percentile_of(window, 0.50),
        p99_s=percentile_of(window, 0.99),
    )
