"""The report: a run as a Markdown table and as JSON."""

import os
import platform
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.bars import Verdict, ratio
from benchmarks.contestants import Plughost
from benchmarks.rounds import Outcome
from benchmarks.rows import MEASUREMENTS, Effort, Row

FORMAT = 1
"""Version of the JSON's shape."""

ROWS: tuple[Row, ...] = tuple(row for measurement in MEASUREMENTS for row in measurement.rows)


def to_json(outcome: Outcome, verdicts: list[Verdict], rounds: int, effort: Effort) -> bytes:
    """Return everything that was measured, samples included."""
    document = {
        "format": FORMAT,
        "machine": _machine(),
        "rounds": rounds,
        "effort": effort,
        "contestants": {
            one.name: {"about": one.about, "left_out": outcome.left_out.get(one.name)}
            for one in outcome.contestants
        },
        "rows": [
            {
                "name": row.name,
                "title": row.title,
                "unit": row.unit,
                "better": row.better,
                "figures": {one.name: _figures(outcome, one.name, row) for one in outcome.contestants},
            }
            for row in ROWS
        ],
        "bars": [
            {
                "name": verdict.bar.name,
                "ratio": verdict.ratio,
                "bar": verdict.bar.limit,
                "better": verdict.bar.row.better,
                "ok": verdict.ok,
            }
            for verdict in verdicts
        ],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def to_markdown(outcome: Outcome, verdicts: list[Verdict], rounds: int) -> str:
    """Return the figures, the ratios and the bars as three tables."""
    machine = _machine()
    names = [one.name for one in outcome.contestants]
    others = [name for name in names if name != Plughost.name]
    lines = [
        "# Benchmarks, latest run",
        "",
        f"{machine['system']}, {machine['cores']} cores, Python {machine['python']}. Median of {rounds} "
        "interleaved rounds, with (least … most). Absolute figures vary with the machine and with what else "
        "it does; the ratios below them were taken within rounds.",
        "",
        *_table(
            ["", *names], [[_label(row), *(_cell(outcome, name, row) for name in names)] for row in ROWS]
        ),
        "",
        *_table(
            ["plughost as a multiple of", *others],
            [[row.title, *(_times(ratio(outcome, row, name)) for name in others)] for row in ROWS],
        ),
        "",
        *_table(["bar", "ratio", "asked", ""], [[*_bar(verdict)] for verdict in verdicts]),
        "",
        *(f"- `{one.name}`: {one.about}" for one in outcome.contestants),
        *(f"- `{name}` was left out: {reason}" for name, reason in outcome.left_out.items()),
    ]
    return "\n".join(lines) + "\n"


def bar_lines(verdicts: list[Verdict]) -> list[str]:
    """Return one line for each bar: name, figure, bar, and `ok`, `short` or `absent`."""
    return ["  ".join(_bar(verdict)) for verdict in verdicts]


def write(folder: Path, as_json: bytes, as_markdown: str) -> None:
    """Write both forms as the folder's latest."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "latest.json").write_bytes(as_json)
    (folder / "latest.md").write_text(as_markdown, encoding="utf-8")


def _machine() -> dict[str, Any]:
    return {
        "system": platform.system(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def _figures(outcome: Outcome, name: str, row: Row) -> dict[str, Any] | None:
    figures = outcome.figures(name, row)
    if figures is None:
        return None
    samples = figures.samples
    return {"median": figures.median, "min": min(samples), "max": max(samples), "samples": samples}


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
    figures = outcome.figures(name, row)
    if figures is None:
        return "absent"
    median, least, most = (_shown(f) for f in (figures.median, min(figures.samples), max(figures.samples)))
    return f"{median} ({least} … {most})"


def _shown(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.1f}"


def _times(value: float | None) -> str:
    return "absent" if value is None else f"{value:.3g} x"


def _bar(verdict: Verdict) -> tuple[str, str, str, str]:
    bar = verdict.bar
    asked = f"{'at most' if bar.row.better == 'lower' else 'at least'} {bar.limit:g} x"
    state = "absent" if verdict.ratio is None else "ok" if verdict.ok else "short"
    return bar.name, _times(verdict.ratio), asked, state
