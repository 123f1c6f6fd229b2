"""InkedLines and InkedText: lines of parts with an ink each; the first stands still, the second scrolls.

What is drawn is exactly the text that is handed over: nothing in it is markup.
"""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from host.tui.fit import fit
from host.tui.inked import inks

Part = tuple[str, str]
"""A text, and the name of its ink; see `InkName`."""
Parts = Sequence[Part]


def cells_of(parts: Parts) -> int:
    """Return how wide a line is."""
    return sum(cell_len(text) for text, _ in parts)


def fitting(groups: Sequence[tuple[int, Parts]], width: int, gap: Part = ("  ", "dim")) -> list[Part]:
    """Return groups of parts on one line; those with the highest number are left out first, 0 never."""
    kept = list(groups)
    while len(kept) > 1 and sum(cells_of(parts) + len(gap[0]) for _, parts in kept) > width:
        rank = max(rank for rank, _ in kept)
        if rank == 0:
            break
        kept.pop(max(place for place, (found, _) in enumerate(kept) if found == rank))
    line: list[Part] = []
    for number, (_, parts) in enumerate(kept):
        line += ([gap] if number else []) + list(parts)
    return line


def spread(left: Parts, right: Parts, width: int) -> list[Part]:
    """Return a line with parts at both ends; the left is cut before the right is."""
    room = width - cells_of(right)
    line: list[Part] = []
    for text, ink in left:
        cells = cell_len(text)
        if cells > room:
            if room > 0:
                line.append((fit(text, room), ink))
            room = 0
            break
        line.append((text, ink))
        room -= cells
    return [*line, (" " * max(0, room), "plain"), *right]


class InkedLines(Widget):
    """A few lines that do not scroll."""

    DEFAULT_CSS = "InkedLines { height: 1; width: 1fr; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._shown: list[tuple[Part, ...]] = []

    def show(self, lines: Sequence[Parts]) -> None:
        """Show these lines; draws only if they are others."""
        new = [tuple(line) for line in lines]
        if new != self._shown:
            self._shown = new
            self.refresh()

    @property
    def text(self) -> str:
        """What is shown, without inks."""
        return "\n".join("".join(text for text, _ in line) for line in self._shown)

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        return drawn(self, self._shown[y] if y < len(self._shown) else (), 0)


class InkedText(ScrollView, can_focus=True):
    """Many lines, to scroll through."""

    DEFAULT_CSS = "InkedText { height: 1fr; scrollbar-size-vertical: 1; scrollbar-size-horizontal: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "up", show=False),
        Binding("down,j", "scroll_down", "down", show=False),
        Binding("left", "scroll_left", "left", show=False),
        Binding("right", "scroll_right", "right", show=False),
        Binding("pageup", "page_up", "a page up", show=False),
        Binding("pagedown", "page_down", "a page down", show=False),
        Binding("home", "scroll_home", "top", show=False),
        Binding("end", "scroll_end", "bottom", show=False),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._shown: list[tuple[Part, ...]] = []

    def show(self, lines: Sequence[Parts]) -> None:
        """Show these lines; draws only if they are others."""
        new = [tuple(line) for line in lines]
        if new != self._shown:
            self._shown = new
            widest = max((cells_of(line) for line in new), default=0)
            self.virtual_size = Size(widest, len(new))
            self.refresh()

    @property
    def text(self) -> str:
        """What is shown, without inks."""
        return "\n".join("".join(text for text, _ in line) for line in self._shown)

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        place = self.scroll_offset.y + y
        return drawn(self, self._shown[place] if place < len(self._shown) else (), self.scroll_offset.x)


def drawn(widget: Widget, parts: Parts, left: int) -> Strip:
    """Return a line as it is seen: cut with a mark at the right where it does not scroll."""
    base, known, width = widget.rich_style, inks(widget), widget.size.width
    if left:
        segments = [Segment(text, base + known[ink]) for text, ink in parts]
        return Strip(segments).crop_extend(left, left + width, base)
    segments: list[Segment] = []
    room = width
    for text, ink in parts:
        cells = len(text) if text.isascii() else cell_len(text)
        if cells > room:
            segments.append(Segment(fit(text, room), base + known[ink]))
            break
        segments.append(Segment(text, base + known[ink]))
        room -= cells
    return Strip(segments).adjust_cell_length(width, base)
