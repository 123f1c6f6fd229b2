"""Rounds: every contestant takes every row in turn, several times over, so that all see the same machine.

Owns the order and the lives of the contestants. What a sample is belongs to `benchmarks.rows`.
"""

import contextlib
import gc
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.contestant import Absent, Contestant
from benchmarks.rows import MEASUREMENTS, Effort, Row


@dataclass(frozen=True, slots=True)
class Figures:
    """What one contestant showed in one row, a sample a round."""

    samples: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.samples)


@dataclass(slots=True)
class Outcome:
    """All samples of one run."""

    contestants: tuple[type[Contestant], ...]
    left_out: dict[str, str]
    """Contestants that were not measured, and why."""
    _samples: dict[tuple[str, str], list[float]] = field(default_factory=dict[tuple[str, str], list[float]])

    def add(self, contestant: str, row: Row, sample: float) -> None:
        """Keep a sample."""
        self._samples.setdefault((contestant, row.name), []).append(sample)

    def figures(self, contestant: str, row: Row) -> Figures | None:
        """Return the samples of one cell; None where it is absent."""
        samples = self._samples.get((contestant, row.name))
        return None if samples is None else Figures(tuple(samples))


async def measure(
    contestants: Sequence[type[Contestant]], rounds: int, effort: Effort, report: Callable[[str], None]
) -> Outcome:
    """Measure all contestants that can be, and end every child.

    Raises:
        Exception: A contestant failed; figures of a run in which one did are worth nothing.
    """
    left_out = {one.name: reason for one in contestants if (reason := one.unavailable())}
    present = tuple(one for one in contestants if one.name not in left_out)
    outcome = Outcome(tuple(contestants), left_out)
    async with contextlib.AsyncExitStack() as stack:
        running: list[Contestant] = []
        for kind in present:
            contestant = await stack.enter_async_context(kind())
            await contestant.start()
            running.append(contestant)
        # What the imports left would be looked through in every collection, of whoever is measured then.
        gc.collect()
        gc.freeze()
        for number in range(rounds):
            report(f"round {number + 1} of {rounds}")
            # Whoever goes first in a round follows somebody else in the next.
            turn = number % len(running) if running else 0
            for measurement in MEASUREMENTS:
                for contestant in [*running[turn:], *running[:turn]]:
                    taken_of = type(contestant)() if measurement.fresh else contestant
                    try:
                        samples = await measurement.take(taken_of, effort)
                    except Absent:
                        continue
                    for row, sample in zip(measurement.rows, samples, strict=True):
                        outcome.add(contestant.name, row, sample)
    return outcome
