"""Widget lines: the data of a contributed widget as lines to draw, one way for each of its ten kinds.

The data is what a plugin sent: whatever of it is not of its kind is shown as JSON, never raised. Its texts
must be clean.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast

import msgspec

from host.facade.figures import BARS
from host.tui.fit import fit
from host.tui.ink import InkName
from host.tui.inked_lines import Parts
from host.tui.json_lines import json_lines
from protocol.widgets import (
    FORMS,
    Badge,
    Gauge,
    KeyValue,
    Log,
    Progress,
    Series,
    Sparkline,
    Stat,
    Table,
    Text,
)

LEVELS: Final[dict[str, tuple[InkName, str]]] = {
    "info": ("accent", "●"),
    "success": ("good", "✓"),
    "warning": ("warn", "▲"),
    "error": ("bad", "✖"),
}

MAX_CELLS: Final = 40
"""Of a column of a table."""


def widget_lines(kind: str, data: Mapping[str, Any], width: int) -> list[Parts]:
    """Return a widget as lines of at most about `width` cells."""
    form = FORMS.get(kind)
    if form is None or not data:
        return json_lines(dict(data)) if data else [[("it shows nothing yet", "dim")]]
    try:
        made: Any = msgspec.convert(dict(data), form)
        return [
            [(text.replace("\n", " "), ink) for text, ink in parts]
            for parts in _DRAWN[kind](made, max(20, width))
        ]
    except (msgspec.ValidationError, ValueError, OverflowError):
        return json_lines(dict(data))


def number(value: Any) -> str:
    """Return a figure as people read it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return (
            f"{value:,}" if abs(value) < 10**15 else f"{value:.3g}" if abs(value) < 10**300 else "very many"
        )
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".") if abs(value) < 1e12 else f"{value:.3g}"
    return str(value).replace("\n", " ")


def bar(share: float, width: int) -> str:
    """Return how full something is."""
    filled = round(min(1.0, max(0.0, share)) * width) if math.isfinite(share) else 0
    return "█" * filled + "░" * (width - filled)


def course(values: Sequence[float | None], width: int) -> str:
    """Return the last values as bars between their own least and most, the newest at the right."""
    shown = [v if v is not None and math.isfinite(v) else None for v in values][-width:]
    known = [v for v in shown if v is not None]
    if not known:
        return ""
    low, high = min(min(known), 0.0), max(known)
    span = (high - low) or 1.0
    steps = len(BARS) - 1
    return "".join(
        " " if v is None else BARS[max(1, min(steps, round((v / span - low / span) * steps)))] for v in shown
    )


def _stat(made: Stat, width: int) -> list[Parts]:
    ink, mark = LEVELS[made.level]
    change: Parts = []
    if made.change is not None:
        arrow = "↑" if made.change > 0 else "↓" if made.change < 0 else "="
        change = [(f"   {arrow} {number(abs(made.change))}", "dim")]
    return [[], [(f"  {mark} ", ink), (number(made.value), ink), (f" {made.unit}", "plain"), *change],
            [(f"    {made.label}", "dim")]]  # fmt: skip


def _gauge(made: Gauge, width: int) -> list[Parts]:
    ink, mark = LEVELS[made.level]
    share = (made.value - made.min) / (made.max - made.min) if made.max > made.min else 0.0
    bounds = f"  {number(made.min)} to {number(made.max)}"
    return [[], [(f"  {mark} ", ink), (number(made.value), ink), (f" {made.unit}", "plain"), (bounds, "dim")],
            [("  ", "plain"), (bar(share, width - 6), ink)]]  # fmt: skip


def _known(values: Sequence[float | None]) -> str:
    known = [v for v in values if v is not None]
    if not known:
        return "nothing known"
    return f"now {number(known[-1])}  least {number(min(known))}  most {number(max(known))}"


def _sparkline(made: Sparkline, width: int) -> list[Parts]:
    said = f"  {_known(made.values)} {made.unit}"
    return [[], [("  ", "plain"), (course(made.values, width - 4), "accent")], [(said, "dim")]]


def _series(made: Series, width: int) -> list[Parts]:
    lines: list[Parts] = []
    for line in made.lines:
        values = [y for _, y in line.points]
        lines += [
            [(f"  {line.name}  ", "strong"), (f"{_known(values)} {made.unit}", "dim")],
            [("  ", "plain"), (course(values, width - 4), "accent")],
            [],
        ]
    return lines


def _table(made: Table, width: int) -> list[Parts]:
    rows = [[number(cell) for cell in row] for row in made.rows]
    wide = [
        min(MAX_CELLS, max(len(title), *(len(row[n]) for row in rows if n < len(row)), 1))
        for n, title in enumerate(made.columns)
    ]
    figures = [
        all(isinstance(row[n], int | float) or row[n] is None for row in made.rows if n < len(row))
        and bool(rows)
        for n in range(len(wide))
    ]
    titles = "  ".join(
        fit(title, w, right=f) for title, w, f in zip(made.columns, wide, figures, strict=True)
    )
    lines: list[Parts] = [[(f" {titles}", "title")]]
    for row in rows:
        cells = zip(row, wide, figures, strict=False)
        lines.append([(" " + "  ".join(fit(cell, w, right=f) for cell, w, f in cells), "plain")])
    return lines


def _key_value(made: KeyValue, width: int) -> list[Parts]:
    wide = min(MAX_CELLS, max((len(name) for name in made.items), default=1))
    return [[(f" {fit(name, wide)}  ", "dim"), (number(v), "plain")] for name, v in made.items.items()]


def _text(made: Text, width: int) -> list[Parts]:
    return [[(f" {line}", "plain")] for line in made.text.split("\n")]


def _log(made: Log, width: int) -> list[Parts]:
    return [[(f" {part}", "plain")] for line in made.lines for part in line.split("\n")]


def _progress(made: Progress, width: int) -> list[Parts]:
    return [[], [(f"  {made.done:4.0%} ", "strong"), (bar(made.done, width - 12), "accent")],
            [(f"  {made.label}", "dim")]]  # fmt: skip


def _badge(made: Badge, width: int) -> list[Parts]:
    ink, mark = LEVELS[made.level]
    return [[], [(f"  {mark} {made.text}", ink)]]


_DRAWN: Final = cast(
    "dict[str, Callable[[Any, int], list[Parts]]]",
    {
        "stat": _stat,
        "gauge": _gauge,
        "sparkline": _sparkline,
        "series": _series,
        "table": _table,
        "key-value": _key_value,
        "text": _text,
        "log": _log,
        "progress": _progress,
        "badge": _badge,
    },
)
