"""Agenda: which schedules are due now, and when to look again. Pure but for the clock that it is handed.

A period counts on the monotonic clock, so that nobody's setting of the wall clock moves it, and on a grid, so
that it does not drift. A cron line counts on the wall clock: a jump back repeats nothing; what a jump forward
or a suspended machine passed over is missed.
"""

import heapq
from dataclasses import dataclass, field
from typing import Final

from host.clock import Clock
from host.cron import Every, Rule
from protocol.messages.provides import MissedRuns

GRACE_S: Final = 60.0
"""A time of a cron line that is later than this is missed."""

MAX_MADE_UP: Final = 10
"""Missed runs that `all` makes up for."""

TRUSTED_AHEAD_S: Final = 86_400.0
"""A last run that lies further in the future comes from a clock that was wrong."""

MAX_ENDED: Final = 100
"""Schedules that ended and need not be swept out yet."""

LOOK_AGAIN_S: Final = 30.0
"""Longest time between two looks: the wall clock may jump meanwhile."""


@dataclass(slots=True)
class Tick:
    """One run that is due."""

    due_s: float
    missed: int = 0


@dataclass(slots=True, eq=False)
class Entry:
    """One schedule of a plugin that runs."""

    rule: Rule
    missed_runs: MissedRuns
    last_due_s: float
    """Wall clock; when it was due last, or when it began."""
    next_s: float = 0.0
    """Wall clock."""
    due_monotonic_s: float = 0.0
    ended: bool = False
    queue: list[Tick] = field(default_factory=list[Tick])
    """Runs that are due and not begun."""
    missed: int = 0
    """Runs that were missed and not made up for."""
    busy: bool = False
    """Whether a run is under way."""
    overlaps: int = 0
    """Runs that were left out because of that."""


class Agenda:
    """All schedules, the next one first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int, Entry]] = []
        self._number = 0
        self._ended = 0
        """Schedules that ended, and lie in the heap at most."""

    def __len__(self) -> int:
        """How many lie in it, with some that ended."""
        return len(self._heap)

    def begin(self, entry: Entry) -> None:
        """Take a schedule in: reckon with what was missed since it was due last."""
        wall, now = self._clock.wall(), self._clock.monotonic()
        if entry.last_due_s > wall + TRUSTED_AHEAD_S:
            entry.last_due_s = wall
        if isinstance(entry.rule, Every) and entry.last_due_s > wall:
            entry.last_due_s = wall
        self._pass_over(entry, wall)
        self._next(entry, wall, now)
        if entry.queue:
            self._push(now, entry)
        else:
            self._push(entry.due_monotonic_s, entry)

    def end(self, entry: Entry) -> None:
        """Let a schedule go; what is not due for long would stay for as long, so it is swept out in time."""
        entry.ended = True
        entry.queue.clear()
        self._ended += 1
        if self._ended > max(MAX_ENDED, len(self._heap) // 2):
            self._heap = [one for one in self._heap if not one[2].ended]
            heapq.heapify(self._heap)
            self._ended = 0

    def due(self) -> list[Entry]:
        """Return the schedules that have a run to begin, and reckon when each is due next."""
        wall, now = self._clock.wall(), self._clock.monotonic()
        found: list[Entry] = []
        again: list[Entry] = []
        while self._heap and self._heap[0][0] <= now:
            _, _, entry = heapq.heappop(self._heap)
            if entry.ended:
                continue
            again.append(entry)
            if isinstance(entry.rule, Every):
                self._period_passed(entry, now)
            elif wall >= entry.next_s:
                self._pass_over(entry, wall)
            if entry.queue:
                found.append(entry)
        for entry in again:
            self._next(entry, wall, now)
            self._push(entry.due_monotonic_s, entry)
        return found

    def wait_s(self) -> float | None:
        """Return how long nothing will be due; None while there is no schedule."""
        while self._heap and self._heap[0][2].ended:
            heapq.heappop(self._heap)
        if not self._heap:
            return None
        return min(LOOK_AGAIN_S, max(0.0, self._heap[0][0] - self._clock.monotonic()))

    def _pass_over(self, entry: Entry, wall: float) -> None:
        """Queue what was due since the last time, as far as the schedule wants it made up for."""
        count, last = entry.rule.between(entry.last_due_s, wall, MAX_MADE_UP)
        if not count:
            return
        entry.last_due_s = last[-1]
        on_time = not isinstance(entry.rule, Every) and wall - last[-1] <= GRACE_S
        wanted = {"skip": 0, "once": 1, "all": MAX_MADE_UP}[entry.missed_runs]
        made = last[-max(wanted, 1) :] if on_time or wanted else []
        missed = count - len(made)
        entry.missed += missed
        if entry.busy:
            entry.overlaps += len(made)
            return
        for number, due in enumerate(made):
            entry.queue.append(Tick(due, missed if number == 0 else 0))

    def _period_passed(self, entry: Entry, now: float) -> None:
        assert isinstance(entry.rule, Every)
        if entry.due_monotonic_s > now:
            return  # it was looked at for what it missed while it was away
        skipped = int((now - entry.due_monotonic_s) // entry.rule.period_s)
        entry.due_monotonic_s += (skipped + 1) * entry.rule.period_s
        entry.missed += skipped
        entry.last_due_s = self._clock.wall()
        if entry.busy:
            entry.overlaps += 1
            return
        entry.queue.append(Tick(entry.last_due_s, skipped))

    def _next(self, entry: Entry, wall: float, now: float) -> None:
        if isinstance(entry.rule, Every):
            if entry.due_monotonic_s <= now:
                due = entry.rule.after(wall, entry.last_due_s)
                entry.due_monotonic_s = now + (due - wall)
            entry.next_s = wall + (entry.due_monotonic_s - now)
            return
        if entry.last_due_s > wall + TRUSTED_AHEAD_S:
            entry.last_due_s = wall
        entry.next_s = entry.rule.after(max(wall, entry.last_due_s), entry.last_due_s)
        entry.due_monotonic_s = now + min(LOOK_AGAIN_S, max(0.0, entry.next_s - wall))

    def _push(self, at_s: float, entry: Entry) -> None:
        self._number += 1
        heapq.heappush(self._heap, (at_s, self._number, entry))
