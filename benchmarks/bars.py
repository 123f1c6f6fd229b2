"""Bars: the figures that Plughost is held to, and those that it stretches for.

A relative bar is a ratio taken within rounds, an absolute one a median; `benchmarks.outcome` makes both.
"""

from dataclasses import dataclass
from typing import Literal

from benchmarks import rows
from benchmarks.contestant import Contestant
from benchmarks.contestants import (
    FloorAsyncio,
    FloorUvloop,
    GoNetRpc,
    McpSdk,
    Plughost,
    PlughostExec,
    PlughostPolling,
    PlughostUvloop,
)
from benchmarks.outcome import Outcome
from benchmarks.rows import Measurement, Row

State = Literal["ok", "short", "absent"]
Cell = tuple[type[Contestant], Row]


@dataclass(frozen=True, slots=True)
class Bar:
    """One figure that is asked for. Without `against` it is the cell's own, else its multiple of that one."""

    name: str
    cell: Cell
    bar: float | None
    """None where there is only a stretch."""
    stretch: float | None = None
    against: Cell | None = None

    @property
    def unit(self) -> str:
        """Unit of figure, bar and stretch."""
        return "x" if self.against else self.cell[1].unit

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All that has to be measured for it."""
        return (self.cell,) if self.against is None else (self.cell, self.against)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a bar was met."""

    bar: Bar
    figure: float | None
    """None where something that it needs is absent."""
    why_absent: str
    state: State
    stretch_state: State


BARS: tuple[Bar, ...] = (
    Bar(
        "sequential call, asyncio / floor-asyncio",
        (Plughost, rows.SEQUENTIAL_P50),
        1.2,
        against=(FloorAsyncio, rows.SEQUENTIAL_P50),
    ),
    Bar(
        "sequential call, uvloop / floor-uvloop",
        (PlughostUvloop, rows.SEQUENTIAL_P50),
        1.2,
        against=(FloorUvloop, rows.SEQUENTIAL_P50),
    ),
    Bar(
        "sequential call, uvloop / go-plugin net/rpc",
        (PlughostUvloop, rows.SEQUENTIAL_P50),
        0.8,
        against=(GoNetRpc, rows.SEQUENTIAL_P50),
    ),
    Bar(
        "sequential call, polling / go-plugin net/rpc",
        (PlughostPolling, rows.SEQUENTIAL_P50),
        None,
        0.2,
        against=(GoNetRpc, rows.SEQUENTIAL_P50),
    ),
    Bar("sequential call, polling, p50", (PlughostPolling, rows.SEQUENTIAL_P50), None, 30.0),
    Bar("sequential call, polling, p99", (PlughostPolling, rows.SEQUENTIAL_P99), None, 150.0),
    Bar(
        "sequential call, one CPU / floor-asyncio",
        (Plughost, rows.PINNED_P50),
        None,
        1.4,
        against=(FloorAsyncio, rows.PINNED_P50),
    ),
    Bar(
        "64 in flight / go-plugin net/rpc",
        (Plughost, rows.PIPELINED_64),
        2.0,
        2.8,
        against=(GoNetRpc, rows.PIPELINED_64),
    ),
    Bar(
        "64 in flight / MCP", (Plughost, rows.PIPELINED_64), 80.0, 120.0, against=(McpSdk, rows.PIPELINED_64)
    ),
    Bar("64 in flight", (Plughost, rows.PIPELINED_64), None, 130_000.0),
    Bar(
        "plugin to host call / the call",
        (Plughost, rows.CALL_BACK_P50),
        1.3,
        1.1,
        against=(Plughost, rows.SEQUENTIAL_P50),
    ),
    Bar(
        "storage.get by a plugin / the call",
        (Plughost, rows.STORAGE_P50),
        1.3,
        1.1,
        against=(Plughost, rows.SEQUENTIAL_P50),
    ),
    # Where the disk syncs in 0.4 ms; the row under it tells how long it took.
    Bar("writes to storage, 64 callers", (Plughost, rows.STORAGE_WRITES_64), 20_000.0),
    Bar("event to 100 subscribers", (Plughost, rows.EVENTS_100), 250_000.0, 450_000.0),
    Bar("its emitter blocked", (Plughost, rows.EMIT_100), 0.1),
    Bar("1 MB echo, each way", (Plughost, rows.PAYLOAD_1M), 200.0, 400.0),
    Bar("one plugin started, first answer", (Plughost, rows.START_1), 15.0, 6.0),
    Bar("the same in an interpreter of its own", (PlughostExec, rows.START_1), 140.0, 100.0),
    Bar("notifications to the plugin", (Plughost, rows.NOTIFY), 300_000.0, 450_000.0),
    Bar("100 plugins started, all answered", (Plughost, rows.START_100), 600.0, 400.0),
    Bar("PSS of an idle plugin, 100 running", (Plughost, rows.PSS_100), 4.0, 2.55),
    Bar("1,000 idle plugins, CPU of the host", (Plughost, rows.IDLE_1000_CPU), 10.0),
    Bar("1,000 idle plugins, PSS in all", (Plughost, rows.IDLE_1000_PSS), 5.0, 3.0),
    Bar("host alone, RSS", (Plughost, rows.HOST_RSS), 60.0),
    # One is the sample's own timer; the watchdog sleeps while there is nothing to watch.
    Bar("host alone, wake-ups", (Plughost, rows.HOST_WAKES), 1.0),
    Bar("plughost --version", (Plughost, rows.VERSION), 120.0),
    Bar("plughost ps", (Plughost, rows.PS), 250.0),
    Bar("import plugin_sdk / import asyncio", (Plughost, rows.IMPORT_SDK), 2.0, 1.7),
    Bar("watchdog, 100 idle, a sweep a second", (Plughost, rows.SWEEP_PCT[100]), 2.0),
    Bar("watchdog, 100 idle, a sweep", (Plughost, rows.SWEEP_MS[100]), None, 1.5),
    Bar("monitor, first picture", (Plughost, rows.MONITOR_FIRST), 1_000.0),
    Bar("monitor, nothing happens", (Plughost, rows.MONITOR_REST_CPU), 4.0),
    Bar("monitor, 200 plugins, 10,000 lines/s", (Plughost, rows.MONITOR_CPU), 20.0, 12.0),
    Bar("monitor, key p95", (Plughost, rows.MONITOR_KEY), 60.0),
    Bar("p99 of a call, with a monitor", (Plughost, rows.MONITOR_CALLS), 1.1),
    Bar("p99 of moments to call, with a monitor", (Plughost, rows.MONITOR_MOMENTS), None, 1.1),
)


def judge(outcome: Outcome) -> list[Verdict]:
    """Hold the bars against what a run was asked for; what was not measured is absent, and not short."""
    verdicts: list[Verdict] = []
    asked = {row for measurement in outcome.measurements for row in measurement.rows}
    for bar in BARS:
        if not asked.issuperset(row for _, row in bar.cells):
            continue
        names = [(contestant.name, row) for contestant, row in bar.cells]
        figure = outcome.ratio(names[0], names[1]) if bar.against else outcome.median(*names[0])
        why = (
            "" if figure is not None else next(filter(None, (outcome.why_absent(*one) for one in names)), "")
        )
        verdicts.append(
            Verdict(bar, figure, why, _state(bar, figure, bar.bar), _state(bar, figure, bar.stretch))
        )
    return verdicts


def needed(contestant: type[Contestant], measurement: Measurement) -> bool:
    """Whether a bar is judged by this contestant's sample of this measurement."""
    return any(kind is contestant and row in measurement.rows for bar in BARS for kind, row in bar.cells)


def _state(bar: Bar, figure: float | None, limit: float | None) -> State:
    if figure is None or limit is None:
        return "absent"
    within = figure <= limit if bar.cell[1].better == "lower" else figure >= limit
    return "ok" if within else "short"
