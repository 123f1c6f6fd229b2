"""RowTable: a table that draws only the rows that are seen, and only the lines that changed.

The stock table costs several times as much at the monitor's pace. The owner hands the rows that are to be
seen, already filtered; the table sorts, keeps the cursor on its row, and holds marks. Texts are clean.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Generic

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from host.tui.columns import GAP, Column, R, fitted, ordered
from host.tui.fit import fit
from host.tui.inked import inks
from host.tui.row_message import RowMessage
from host.tui.table_lines import Line, row_segments, title_segments


class RowTable(ScrollView, Generic[R], can_focus=True):
    """Rows of type R by key."""

    DEFAULT_CSS = """
    RowTable { height: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("down,j", "move(1)", "down", show=False),
        Binding("pageup", "page(-1)", "a page up", show=False),
        Binding("pagedown", "page(1)", "a page down", show=False),
        Binding("home", "move(-1000000)", "first row", show=False),
        Binding("end", "move(1000000)", "last row", show=False),
        Binding("enter", "open", "open", show=False),
        Binding("less_than_sign", "sort(-1)", "sort by the column to the left", key_display="<", show=False),
        Binding(
            "greater_than_sign", "sort(1)", "sort by the column to the right", key_display=">", show=False
        ),
        Binding("minus", "reverse", "reverse the order", key_display="-", show=False),
    ]

    class Opened(RowMessage):
        """Enter, or a double click, on a row."""

    class Moved(RowMessage):
        """The cursor stands on another row."""

    def __init__(
        self,
        columns: Sequence[Column[R]],
        *,
        sort: str = "",
        empty: str = "",
        id: str | None = None,
        markable: bool = False,
    ) -> None:
        super().__init__(id=id)
        self.columns: list[Column[R]] = list(columns)
        self.empty = empty
        """What is said where there are no rows."""
        self.markable = markable
        self.marks: set[str] = set()
        self.hidden: set[str] = set()
        """Keys of columns that the operator put away."""
        self.sort_key = sort
        """Empty: in the order in which the rows are handed over."""
        self.reversed = False
        self.sticky_top = False
        """Whether the cursor stays at the top while new rows come in there."""
        self.indents: Mapping[str, str] = {}
        """What stands before a row's first cell, in a tree."""
        self._rows: Mapping[str, R] = {}
        self._order: list[str] = []
        self._dimmed: frozenset[str] = frozenset()
        self._cursor = 0
        self._cursor_key = ""
        self._painted: list[Line | None] = []
        self._laid_out = 0
        """Cells for which the columns were reckoned."""
        self._layout: list[tuple[Column[R], int]] = []

    def show(self, rows: Mapping[str, R], dimmed: frozenset[str] = frozenset()) -> None:
        """Show these rows, in their order where the table is not sorted; repaints what is different."""
        self._rows = rows
        self._dimmed = dimmed
        self._order = self._sorted(rows)
        self.marks &= rows.keys()
        self._keep_cursor()
        height = len(self._order) + 1
        if self.virtual_size.height != height:
            self.virtual_size = Size(self.size.width, height)
        self._repaint()

    @property
    def cursor_key(self) -> str:
        """Key of the row under the cursor; empty if there is none."""
        return self._cursor_key

    @property
    def order(self) -> Sequence[str]:
        """Keys as they are seen, from the top."""
        return self._order

    def chosen(self) -> list[str]:
        """Return what a verb acts on: the marked rows, or else the one under the cursor."""
        marked = [key for key in self._order if key in self.marks]
        return marked or ([self._cursor_key] if self._cursor_key else [])

    def go_to(self, key: str) -> bool:
        """Put the cursor on a row; return whether it is there."""
        if key not in self._rows:
            return False
        self._set_cursor(self._order.index(key))
        return True

    def seek(self, step: int, wanted: Callable[[R], bool]) -> bool:
        """Move to the next other row that is wanted, round the end; return whether there is one."""
        for distance in range(1, len(self._order)):
            place = (self._cursor + step * distance) % len(self._order)
            key = self._order[place]
            if key not in self._dimmed and wanted(self._rows[key]):
                self._set_cursor(place)
                return True
        return False

    def mark(self, keys: Sequence[str] | None = None) -> None:
        """Mark the row under the cursor and move on, or these keys; what was all marked is no longer."""
        if keys is None:
            if self._cursor_key:
                self.marks ^= {self._cursor_key}
                self._set_cursor(self._cursor + 1)
        elif self.marks >= set(keys):
            self.marks -= set(keys)
        else:
            self.marks |= set(keys)
        self._repaint()

    def lay_out(self) -> None:
        """Reckon the columns anew, after one was hidden or the width changed."""
        # A cell at the left, for marks, and one at the right, before the scroll bar.
        self._layout = fitted([c for c in self.columns if c.key not in self.hidden], self.size.width - 2)
        self._laid_out = self.size.width
        self.repaint_all()

    def has_room(self, key: str) -> bool:
        """Whether a column is drawn at this width, unless it was put away."""
        return key in self.hidden or any(column.key == key for column, _ in self._layout)

    # Keys and mouse

    def action_move(self, step: int) -> None:
        """Move the cursor."""
        self._set_cursor(self._cursor + step)

    def action_page(self, step: int) -> None:
        """Move the cursor by what is seen."""
        self._set_cursor(self._cursor + step * max(1, self.size.height - 2))

    def action_open(self) -> None:
        """Say that the row under the cursor is opened."""
        if self._cursor_key:
            self.post_message(self.Opened(self, self._cursor_key))

    def action_sort(self, step: int) -> None:
        """Sort by the next column that is seen and can be sorted."""
        keys = [column.key for column, _ in self._layout if column.order is not None]
        if keys:
            place = keys.index(self.sort_key) + step if self.sort_key in keys else 0
            self.sort_by(keys[place % len(keys)])

    def action_reverse(self) -> None:
        """Turn the order round."""
        self.sort_by(self.sort_key, reverse=not self.reversed)

    def sort_by(self, key: str, *, reverse: bool = False) -> None:
        """Sort by a column."""
        self.sort_key, self.reversed = key, reverse
        self._order = self._sorted(self._rows)
        self._keep_cursor()
        self._scroll_to_cursor()
        self.repaint_all()

    def on_click(self, event: events.Click) -> None:
        """Sort by a title, move to a row, open it on a double click."""
        if event.y == 0:
            self._click_title(event.x - 1)
            return
        place = self.scroll_offset.y + event.y - 1
        if place < len(self._order):
            self._set_cursor(place)
            if event.chain == 2:
                self.action_open()

    def _click_title(self, x: int) -> None:
        for column, width in self._layout:
            if x < width + GAP:
                if column.order is not None:
                    self.sort_by(column.key, reverse=self.sort_key == column.key and not self.reversed)
                return
            x -= width + GAP

    def on_resize(self) -> None:
        """Fit the columns."""
        self.lay_out()
        self._scroll_to_cursor()

    def _sorted(self, rows: Mapping[str, R]) -> list[str]:
        column = next((c for c in self.columns if c.key == self.sort_key), None)
        return ordered(rows, column, reverse=self.reversed)

    def _keep_cursor(self) -> None:
        if self.sticky_top and self._cursor == 0 and not self.sort_key:
            self._take_key()
        elif self._cursor_key in self._rows:
            before, self._cursor = self._cursor, self._order.index(self._cursor_key)
            if self.sticky_top and self._cursor != before and self.scroll_offset.y:
                # What is looked at stays where it is, while new rows come in above.
                self.scroll_to(y=self.scroll_offset.y + self._cursor - before, animate=False, force=True)
        else:
            self._cursor = max(0, min(self._cursor, len(self._order) - 1))
            self._take_key()

    def _set_cursor(self, place: int) -> None:
        self._cursor = max(0, min(place, len(self._order) - 1))
        self._take_key()
        self._scroll_to_cursor()
        self._repaint()

    def _take_key(self) -> None:
        key = self._order[self._cursor] if self._order else ""
        if key != self._cursor_key:
            self._cursor_key = key
            self.post_message(self.Moved(self, key))

    def _scroll_to_cursor(self) -> None:
        seen = max(1, self.size.height - 1)
        top = self.scroll_offset.y
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False, force=True)
        elif self._cursor >= top + seen:
            self.scroll_to(y=self._cursor - seen + 1, animate=False, force=True)

    # Painting

    def _line(self, place: int) -> Line | None:
        if place >= len(self._order):
            return None
        key = self._order[place]
        row = self._rows[key]
        cells = tuple(column.cell(row) for column, _ in self._layout)
        at_cursor = place == self._cursor
        return Line(key, cells, at_cursor, key in self.marks, key in self._dimmed, self.indents.get(key, ""))

    def _repaint(self) -> None:
        top, height = self.scroll_offset.y, self.size.height - 1
        if height <= 0:
            return
        if self.size.width != self._laid_out:
            # A scroll bar came or went.
            self.lay_out()
            return
        lines = [self._line(top + y) for y in range(height)]
        if len(lines) != len(self._painted):
            self._painted = lines
            self.refresh()
            return
        changed = [y for y, (old, new) in enumerate(zip(self._painted, lines, strict=True)) if old != new]
        self._painted = lines
        if changed:
            self.refresh(*(Region(0, y + 1, self.size.width, 1) for y in changed))
        if not self._order:
            self.refresh()

    def repaint_all(self) -> None:
        """Draw everything anew."""
        self._painted = []
        self._repaint()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draw what has come into sight."""
        super().watch_scroll_y(old_value, new_value)
        self.repaint_all()

    def render_line(self, y: int) -> Strip:
        """Draw one line: the titles, a row, or nothing."""
        base, width = self.rich_style, self.size.width
        if y == 0:
            titles = title_segments(self._layout, (self.sort_key, self.reversed), base, inks(self))
            return Strip(titles).adjust_cell_length(width, base)
        if not self._order:
            text = self.empty if y == 2 else ""
            return Strip([Segment(fit(f"  {text}", width), base + inks(self)["dim"])], width)
        line = self._line(self.scroll_offset.y + y - 1)
        if line is None:
            return Strip.blank(width, base)
        segments = row_segments(self._layout, line, base, inks(self), focused=self.has_focus)
        return Strip(segments).adjust_cell_length(width, base)
