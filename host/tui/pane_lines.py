"""Pane lines: contributed panes as lines: one alone, several below each other, two columns, a line of lights.

Pure. What a plugin gave is drawn by `widget_lines`; here are the frame, the title and what went wrong.
"""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from rich.cells import cell_len

from host.tui.fit import fit
from host.tui.inked_lines import Part, Parts, cells_of
from host.tui.pane_source import Pane
from host.tui.widget_lines import LEVELS, number, widget_lines

MAX_TITLE_CHARS: Final = 40
MAX_LINES: Final = 400
"""Of one pane that stands among others; alone it has all."""

LIGHT_CHARS: Final = 24
SIDE_SHARE: Final = 3
"""A pane at the side has one part of so many of the width."""


def title_of(pane: Pane) -> str:
    """Return what a pane is called, bounded."""
    title = pane.row.title.strip() or pane.row.name
    return fit(title, MAX_TITLE_CHARS) if cell_len(title) > MAX_TITLE_CHARS else title


def pane_lines(pane: Pane, width: int) -> list[Parts]:
    """Return what a pane shows, below what went wrong, if something did."""
    lines: list[Parts] = []
    if pane.fault:
        lines += wrapped(f"✖ {pane.fault}", "bad", width)
        if pane.remedy:
            lines += wrapped(f"→ {pane.remedy}", "warn", width)
        if pane.page is None:
            return lines
        lines.append([(" as it was last:", "dim")])
    if pane.page is None:
        return [[(" ◐ asked, and waiting", "dim")]]
    return lines + widget_lines(pane.page.kind, pane.page.data, width)


def wrapped(text: str, ink: str, width: int) -> list[Parts]:
    """Return a sentence in lines of at most `width` cells, or so."""
    return [
        [(f" {line}", ink)] for line in textwrap.wrap(text, max(20, width - 2), subsequent_indent="  ")[:6]
    ]


def stacked(panes: Sequence[Pane], width: int) -> list[Parts]:
    """Return panes below each other, each under its title and the slot that it stands in."""
    lines: list[Parts] = []
    for pane in panes:
        slot = f" {pane.row.slot} " if pane.row.slot else ""
        head: list[Part] = [(f" {title_of(pane)} ", "title")]
        rest = width - cells_of(head) - len(slot) - 1
        head += [("─" * max(0, rest), "dim"), (slot, "dim")]
        body = pane_lines(pane, width)
        lines += [head, *body[:MAX_LINES]]
        if len(body) > MAX_LINES:
            lines.append([(f" … {len(body) - MAX_LINES} more lines", "dim")])
        lines.append([])
    return lines


def beside(side: Sequence[Pane], main: Sequence[Pane], width: int, *, narrow: bool) -> list[Parts]:
    """Return panes of the side at the left of the others; where there is no room, above them."""
    if not side or not main or narrow:
        return stacked([*side, *main], width)
    left = max(28, width // SIDE_SHARE)
    at_left, at_right = stacked(side, left), stacked(main, width - left - 3)
    lines: list[Parts] = []
    for place in range(max(len(at_left), len(at_right))):
        first = _filled(at_left[place] if place < len(at_left) else (), left)
        second = at_right[place] if place < len(at_right) else ()
        lines.append([*first, (" │ ", "dim"), *second])
    return lines


def lights(panes: Sequence[Pane], width: int) -> list[Part]:
    """Return panes in one line, a light for each: its title, and its figure or word."""
    line: list[Part] = []
    for place, pane in enumerate(panes):
        text, ink = _light(pane)
        title = title_of(pane)[:LIGHT_CHARS]
        parts: list[Part] = [(f" {title} ", "dim"), (text[:LIGHT_CHARS], ink), (" ", "dim")]
        if cells_of(line) + cells_of(parts) + 8 > width and line:
            line.append((f" +{len(panes) - place}", "dim"))
            break
        line += parts
    return line


def _light(pane: Pane) -> Part:
    if pane.fault and pane.page is None:
        return "✖ can't be had", "bad"
    if pane.page is None:
        return "◐", "dim"
    data: Mapping[str, Any] = pane.page.data
    ink, mark = LEVELS.get(str(data.get("level", "")), ("plain", ""))
    match pane.page.kind:
        case "progress":
            done: Any = data.get("done")
            said = f"{done:.0%}" if isinstance(done, int | float) and abs(done) < 1e6 else "?"
        case "table" | "series":
            many = data.get("rows") or data.get("lines") or ()
            said = f"{len(cast('Sequence[Any]', many))} lines" if isinstance(many, list) else "?"
        case "sparkline" | "log":
            values = data.get("values") or data.get("lines") or ()
            last = cast("Sequence[Any]", values)[-1] if isinstance(values, list) and values else None
            said = number(last)
        case "key-value":
            said = ", ".join(f"{k} {number(v)}" for k, v in _items(data.get("items")))
        case _:
            value = data.get("value", data.get("text", ""))
            unit = str(data.get("unit") or "")
            said = f"{number(value)} {unit}".strip()
    return f"{mark} {said}".strip().replace("\n", " "), ink if not pane.fault else "dim"


def _items(items: Any) -> list[tuple[str, Any]]:
    return list(cast("Mapping[str, Any]", items).items())[:3] if isinstance(items, Mapping) else []


def _filled(parts: Parts, width: int) -> list[Part]:
    """Return a line in exactly `width` cells."""
    line: list[Part] = []
    room = width
    for text, ink in parts:
        cells = cell_len(text)
        if cells > room:
            line.append((fit(text, room), ink))
            return line
        line.append((text, ink))
        room -= cells
    return [*line, (" " * room, "plain")]
