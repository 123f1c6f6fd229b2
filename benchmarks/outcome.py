"""Outcome: everything that a run has measured, and why something was not."""

import statistics
from dataclasses import dataclass, field

from benchmarks.contestant import Contestant
from benchmarks.rows import Group, Measurement, Row


@dataclass(slots=True)
class Outcome:
    """Samples by contestant, row and round."""

    contestants: tuple[type[Contestant], ...]
    measurements: tuple[Measurement, ...]
    """What was asked for."""
    load: float = 0.0
    """Processes that wanted to run in the minute before it began: what the machine was busy with anyway."""
    rounds: int = 0
    """Rounds that were taken to their end."""
    left_out: dict[str, str] = field(default_factory=dict[str, str])
    """Contestants that were not measured, or not to the end, and why."""
    _samples: dict[tuple[str, str], dict[int, float]] = field(
        default_factory=dict[tuple[str, str], dict[int, float]]
    )
    _absent: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])

    def rows(self, group: Group) -> list[Row]:
        """Return the rows of a group that were asked for."""
        return [row for one in group.measurements if one in self.measurements for row in one.rows]

    def add(self, contestant: str, row: Row, number: int, sample: float) -> None:
        """Keep the sample of one round."""
        self._samples.setdefault((contestant, row.name), {})[number] = sample

    def add_absent(self, contestant: str, row: Row, reason: str) -> None:
        """Note why a cell stays empty."""
        self._absent[contestant, row.name] = reason

    def samples(self, contestant: str, row: Row) -> dict[int, float]:
        """Return the samples of a cell by round; none where it is absent."""
        return self._samples.get((contestant, row.name), {})

    def median(self, contestant: str, row: Row) -> float | None:
        """Return the median of a cell; None where it is absent."""
        samples = self.samples(contestant, row)
        return statistics.median(samples.values()) if samples else None

    def ratio(self, cell: tuple[str, Row], other: tuple[str, Row]) -> float | None:
        """Return one cell as a multiple of another: the median of the ratios within rounds."""
        own, against = self.samples(*cell), self.samples(*other)
        ratios = [own[number] / against[number] for number in own.keys() & against.keys()]
        return statistics.median(ratios) if ratios else None

    def why_absent(self, contestant: str, row: Row) -> str:
        """Say why a cell is empty; an empty text if it is not."""
        if self.samples(contestant, row):
            return ""
        if reason := self._absent.get((contestant, row.name)):
            return reason
        if reason := self.left_out.get(contestant):
            return f"{contestant} was left out: {reason}"
        return f"{contestant} was not measured"


def shown(figure: float) -> str:
    """Return a figure with about three digits."""
    if figure >= 100:
        return f"{figure:,.0f}"
    return f"{figure:.1f}" if figure >= 10 else f"{figure:.2f}"
