"""The report: a run as Markdown tables, as JSON, and the bars as lines. Plots are `benchmarks.plots`'s."""

import os
import platform
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.bars import Verdict
from benchmarks.contestants import Plughost
from benchmarks.outcome import Outcome, shown
from benchmarks.own import Effort
from benchmarks.plots import to_svg
from benchmarks.rows import GROUPS, Group, Row

FORMAT = 2
"""Version of the JSON's shape."""


def write(folder: Path, outcome: Outcome, verdicts: list[Verdict], effort: Effort) -> None:
    """Write tables, figures and plots as the folder's latest."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "latest.json").write_bytes(to_json(outcome, verdicts, effort))
    (folder / "latest.md").write_text(to_markdown(outcome, verdicts), encoding="utf-8")
    for group in filter(outcome.rows, GROUPS):
        if _of_all(group):
            (folder / f"{group.name}.svg").write_text(to_svg(outcome, group), encoding="utf-8")


def to_json(outcome: Outcome, verdicts: list[Verdict], effort: Effort) -> bytes:
    """Return everything that was measured, samples included."""
    document = {
        "format": FORMAT,
        "machine": _machine(),
        "load": outcome.load,
        "rounds": outcome.rounds,
        "effort": effort,
        "contestants": {
            one.name: {"about": one.about, "left_out": outcome.left_out.get(one.name)}
            for one in outcome.contestants
        },
        "rows": [
            {
                "name": row.name,
                "group": group.name,
                "title": row.title,
                "unit": row.unit,
                "better": row.better,
                "figures": {one.name: _figures(outcome, one.name, row) for one in outcome.contestants},
            }
            for group in GROUPS
            for row in outcome.rows(group)
        ],
        "bars": [
            {
                "name": verdict.bar.name,
                "figure": verdict.figure,
                "unit": verdict.bar.unit,
                "bar": verdict.bar.bar,
                "stretch": verdict.bar.stretch,
                "better": verdict.bar.cell[1].better,
                "state": verdict.state,
                "stretch_state": verdict.stretch_state,
                "why_absent": verdict.why_absent,
            }
            for verdict in verdicts
        ],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def to_markdown(outcome: Outcome, verdicts: list[Verdict]) -> str:
    """Return a table for each group, all ratios, and the bars."""
    machine = _machine()
    lines = [
        "# Benchmarks, latest run",
        "",
        f"{machine['system']}, {machine['cores']} cores, Python {machine['python']}, load before the run "
        f"{outcome.load:.1f}. Median of up to "
        f"{outcome.rounds} interleaved rounds, with (least … most). Absolute figures vary with the machine "
        "and with what else it does; ratios were taken within rounds.",
    ]
    for group in filter(outcome.rows, GROUPS):
        lines += ["", f"## {group.title}", ""]
        lines += _of_contestants(outcome, group) if _of_all(group) else _of_plughost(outcome, group)
    lines += ["", "## Ratios", "", *_ratios(outcome), "", "## Bars", ""]
    lines += _table(["bar", "figure", "asked", "", "stretch", ""], [_bar(verdict) for verdict in verdicts])
    lines += ["", "## Contestants", ""]
    lines += [f"- `{one.name}`: {one.about}" for one in outcome.contestants]
    lines += [f"- `{name}` was left out: {reason}" for name, reason in outcome.left_out.items()]
    return "\n".join(lines) + "\n"


def bar_lines(verdicts: list[Verdict]) -> list[str]:
    """Return a line for each bar: name, figure, bar, `ok`, `short` or `absent`, and the stretch."""
    lines: list[str] = []
    width = max(len(verdict.bar.name) for verdict in verdicts)
    for verdict in verdicts:
        name, figure, bar, state, stretch, stretch_state = _bar(verdict)
        line = f"{name:{width}}  {figure:>22}  {bar or 'no bar':>25}  {state:6}"
        if stretch:
            line += f"  stretch {stretch} {stretch_state}"
        if verdict.why_absent:
            line += f"  ({verdict.why_absent})"
        lines.append(line.rstrip())
    return lines


def _of_all(group: Group) -> bool:
    return any(measurement.own is None for measurement in group.measurements)


def _of_contestants(outcome: Outcome, group: Group) -> list[str]:
    rows = outcome.rows(group)
    shown = [one for one in outcome.contestants if any(outcome.samples(one.name, row) for row in rows)]
    return [
        *_table(
            ["", *(_label(row) for row in rows)],
            [[f"`{one.name}`", *(_cell(outcome, one.name, row) for row in rows)] for one in shown],
        ),
        "",
        f"![{group.title}]({group.name}.svg)",
    ]


def _ratios(outcome: Outcome) -> list[str]:
    rows = [row for group in GROUPS if _of_all(group) for row in outcome.rows(group)]
    others = [
        one
        for one in outcome.contestants
        if one is not Plughost and any(outcome.samples(one.name, row) for row in rows)
    ]
    return _table(
        ["`plughost` as a multiple of", *(f"`{one.name}`" for one in others)],
        [
            [row.title, *(_times(outcome.ratio((Plughost.name, row), (one.name, row))) for one in others)]
            for row in rows
        ],
    )


def _of_plughost(outcome: Outcome, group: Group) -> list[str]:
    name = Plughost.name
    return _table(
        ["", f"`{name}`"],
        [
            [
                _label(row),
                _cell(outcome, name, row)
                if outcome.samples(name, row)
                else f"absent: {outcome.why_absent(name, row)}",
            ]
            for row in outcome.rows(group)
        ],
    )


def _machine() -> dict[str, Any]:
    return {
        "system": platform.system(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def _figures(outcome: Outcome, name: str, row: Row) -> dict[str, Any]:
    samples = outcome.samples(name, row)
    if not samples:
        return {"absent": outcome.why_absent(name, row)}
    return {
        "median": outcome.median(name, row),
        "min": min(samples.values()),
        "max": max(samples.values()),
        "samples": {str(number): sample for number, sample in samples.items()},
    }


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    widths = [max(len(line[i]) for line in [head, *rows]) for i in range(len(head))]
    ruler = ["-" * max(3, widths[0]), *("-" * max(2, width - 1) + ":" for width in widths[1:])]

    def line(cells: list[str]) -> str:
        padded = [
            cells[0].ljust(widths[0]),
            *(c.rjust(w) for c, w in zip(cells[1:], widths[1:], strict=True)),
        ]
        return f"| {' | '.join(padded)} |"

    return [line(head), line(ruler), *(line(row) for row in rows)]


def _label(row: Row) -> str:
    return f"{row.title}, {row.unit}"


def _cell(outcome: Outcome, name: str, row: Row) -> str:
    samples = outcome.samples(name, row)
    median = outcome.median(name, row)
    if median is None:
        return "absent"
    if len(samples) == 1:
        return shown(median)
    return f"{shown(median)} ({shown(min(samples.values()))} … {shown(max(samples.values()))})"


def _times(value: float | None) -> str:
    return "" if value is None else f"{value:.3g} x"


def _bar(verdict: Verdict) -> list[str]:
    bar = verdict.bar
    least = "at most" if bar.cell[1].better == "lower" else "at least"
    figure = "absent" if verdict.figure is None else f"{shown(verdict.figure)} {bar.unit}"
    asked = "" if bar.bar is None else f"{least} {bar.bar:,g} {bar.unit}"
    state = verdict.state if bar.bar is not None else ""
    stretch = "" if bar.stretch is None else f"{least} {bar.stretch:,g}"
    return [bar.name, figure, asked, state, stretch, "" if bar.stretch is None else verdict.stretch_state]
