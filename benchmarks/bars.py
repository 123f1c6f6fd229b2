"""Bars: the ratios that Plughost is held to, each taken within a round; the median of rounds counts."""

import operator
import statistics
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.contestants import FloorAsyncio, McpSdk, Plughost
from benchmarks.rounds import Outcome
from benchmarks.rows import PIPELINED, SEQUENTIAL_P50, Row


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of Plughost as a multiple of somebody else's."""

    name: str
    row: Row
    against: str
    limit: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a bar was met."""

    bar: Bar
    ratio: float | None
    """None where one of the two was not measured."""
    ok: bool


BARS: tuple[Bar, ...] = (
    Bar("sequential / floor-asyncio", SEQUENTIAL_P50, FloorAsyncio.name, 1.6),
    Bar("pipelined / floor-asyncio", PIPELINED, FloorAsyncio.name, 0.3),
    Bar("pipelined / mcp", PIPELINED, McpSdk.name, 40.0),
)


def judge(outcome: Outcome) -> list[Verdict]:
    """Hold the bars against a run; what was not measured is not short."""
    verdicts: list[Verdict] = []
    for bar in BARS:
        value = ratio(outcome, bar.row, bar.against)
        within: Callable[[float, float], bool] = operator.le if bar.row.better == "lower" else operator.ge
        verdicts.append(Verdict(bar, value, value is None or within(value, bar.limit)))
    return verdicts


def ratio(outcome: Outcome, row: Row, against: str) -> float | None:
    """Return Plughost's figure as a multiple of another's, the median over rounds."""
    own = outcome.figures(Plughost.name, row)
    other = outcome.figures(against, row)
    if own is None or other is None:
        return None
    return statistics.median(a / b for a, b in zip(own.samples, other.samples, strict=True))
