"""Table lines: how a table's titles and rows are drawn, as segments of a line."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from rich.segment import Segment
from rich.style import Style

from host.tui.columns import GAP, Cell, Column
from host.tui.fit import fit
from host.tui.ink import Inks

Layout = Sequence[tuple[Column[Any], int]]
"""Columns that have room, and their widths."""


class Line(NamedTuple):
    """All that a row's line is drawn from: two that are equal look the same."""

    key: str
    cells: tuple[Cell, ...]
    at_cursor: bool
    marked: bool
    dimmed: bool
    indent: str
    """What stands before the first cell."""


def title_segments(layout: Layout, sorted_by: tuple[str, bool], base: Style, inks: Inks) -> list[Segment]:
    """Draw the titles; an arrow stands behind the one that is sorted by."""
    title, gap = base + inks["title"], Segment(" " * GAP, base)
    sort_key, reverse = sorted_by
    segments = [Segment(" ", base)]
    for column, width in layout:
        text = column.title
        if column.key == sort_key:
            text = f"{text}{'↓' if column.falling is not reverse else '↑'}"
        segments += (Segment(fit(text, width, right=column.right), title), gap)
    return segments


def row_segments(layout: Layout, line: Line, base: Style, inks: Inks, *, focused: bool) -> list[Segment]:
    """Draw a row: the cursor's stands out, and less so where the keys go elsewhere."""
    if line.marked:
        base += inks["mark"]
    if line.at_cursor:
        base += inks["cursor"] if focused else Style(underline=True)
    segments = [Segment("▸" if line.marked else " ", base + inks["strong"])]
    gap = Segment(" " * GAP, base)
    for number, ((column, width), (text, ink)) in enumerate(zip(layout, line.cells, strict=True)):
        shown = line.indent + text if number == 0 else text
        style = base + inks["dim" if line.dimmed else ink]
        segments += (Segment(fit(shown, width, right=column.right), style), gap)
    return segments
