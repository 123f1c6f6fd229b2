"""LogView: lines of logs as they come, painted when its owner says so, ten times a second.

Draws what `LogLines` holds: follows the end until somebody moves up, wraps or cuts, shows times as they were
or as ages, highlights what the filter looks for. Owns no subscription.
"""

import re
from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from host.facade.figures import age, clock
from host.facade.filters import Filter
from host.facade.tails import LogRow
from host.tui.fit import fit
from host.tui.inked import inks, monitor
from host.tui.log_lines import Entry, Line, LogLines
from host.tui.states import level_word

NAME_CELLS = 12
NARROW_CELLS = 90
"""Under it times have no milliseconds."""


class LogView(ScrollView, can_focus=True):
    """A log, of one plugin or of all."""

    DEFAULT_CSS = """
    LogView { height: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("down,j", "move(1)", "down", show=False),
        Binding("pageup", "page(-1)", "a page up", show=False),
        Binding("pagedown", "page(1)", "a page down", show=False),
        Binding("home", "move(-1000000)", "oldest line", show=False),
        Binding("end", "follow(True)", "newest line, and follow", show=False),
        Binding("enter", "open", "open the line", show=False),
        Binding("f", "follow", "follow"),
        Binding("W", "wrap", "wrap"),
        Binding("a", "ages", "times or ages"),
    ]

    empty = reactive("No lines yet.")

    class Opened(Message):
        """Enter on a line."""

        def __init__(self, view: "LogView", row: LogRow) -> None:
            super().__init__()
            self.view = view
            self.row = row

        @property
        def control(self) -> "LogView":
            """The view."""
            return self.view

    def __init__(self, *, named: bool, id: str | None = None, kept: int = 10_000) -> None:
        super().__init__(id=id)
        self.held = LogLines(kept)
        self.follow = True
        self.wrap = False
        self.ages = False
        self.named = named
        """Whether each line says whose it is."""
        self.cursor_shown = True
        self._patterns: tuple[re.Pattern[str], ...] = ()
        self._cursor = 0
        self._painted_step = -1
        self._gone = 0

    # What the owner does

    def choose(self, chosen: Filter, *, context: bool) -> None:
        """Show what a filter chooses; with `context` the others too, dimmed."""
        self._patterns = chosen.patterns
        self.held.choose(chosen.log, context=context)
        self._cursor = min(self._cursor, max(0, len(self.held.lines) - 1))
        self.paint()

    def paint(self, *, ages: bool = False) -> None:
        """Draw what has come since the last time; with `ages` also where nothing came, if ages are shown."""
        if self._painted_step == self.held.step:
            if ages and self.ages:
                self.refresh()
            return
        self._painted_step = self.held.step
        gone, self._gone = self.held.scrolled_away - self._gone, self.held.scrolled_away
        lines = len(self.held.lines)
        top = self.scroll_offset.y
        if self.virtual_size.height != lines:
            self.virtual_size = Size(self.size.width, lines)
        if self.follow:
            self._cursor = max(0, lines - 1)
            self.scroll_to(y=max(0, lines - self.size.height), animate=False, force=True)
        elif gone:
            # What is looked at stays where it is, while lines leave at the top.
            self._cursor = max(0, self._cursor - gone)
            self.scroll_to(y=max(0, top - gone), animate=False, force=True)
        self.refresh()

    @property
    def cursor_row(self) -> LogRow | None:
        """The line under the cursor."""
        entry = self._entry_at(self._cursor)
        return None if entry is None else entry.row

    def seek(self, step: int, lowest_level: int = 0) -> bool:
        """Move to the next other line that is chosen, round the end; return whether there is one."""
        lines = self.held.lines
        for distance in range(1, len(lines)):
            place = (self._cursor + step * distance) % len(lines)
            line = lines[place]
            wanted = line.entry.kind == "line" and line.entry.matches
            if line.first and wanted and line.entry.row.level >= lowest_level:
                self._move_to(place)
                return True
        return False

    def go_to_moment(self, at_s: float) -> None:
        """Stand at the first line that is not older."""
        lines = self.held.lines
        place = next((n for n, line in enumerate(lines) if line.entry.row.at_s >= at_s), len(lines) - 1)
        self._move_to(place)
        self.follow = False

    def texts(self) -> list[str]:
        """Return all that the filter chooses, as lines of a file."""
        return [plain_line(entry) for entry in self.held.chosen()]

    # Keys

    def action_move(self, step: int) -> None:
        """Move the cursor; away from the end nothing is followed."""
        self._move_to(self._cursor + step)

    def action_page(self, step: int) -> None:
        """Move by what is seen."""
        self._move_to(self._cursor + step * max(1, self.size.height - 1))

    def action_follow(self, always: bool = False) -> None:
        """Follow the end, or stand still."""
        self.follow = always or not self.follow
        self._repaint()

    def action_wrap(self) -> None:
        """Wrap long lines, or cut them."""
        self.wrap = not self.wrap
        self._lay_out()

    def action_ages(self) -> None:
        """Show how long ago lines came, or when."""
        self.ages = not self.ages
        self._lay_out()
        self._repaint()

    def action_open(self) -> None:
        """Say that the line under the cursor is opened."""
        row = self.cursor_row
        if row is not None:
            self.post_message(self.Opened(self, row))

    def on_click(self, event: events.Click) -> None:
        """Move to a line; open it on a double click."""
        self._move_to(self.scroll_offset.y + event.y)
        if event.chain == 2:
            self.action_open()

    def on_mouse_scroll_up(self) -> None:
        """Stand still where somebody scrolls up."""
        self.follow = False

    def on_resize(self) -> None:
        """Cut lines anew."""
        self._lay_out()

    def _lay_out(self) -> None:
        self.held.lay_out(self.size.width - self._head_cells() - 1, self.wrap)
        self._cursor = min(self._cursor, max(0, len(self.held.lines) - 1))
        self.paint()

    def _move_to(self, place: int) -> None:
        lines = len(self.held.lines)
        self._cursor = max(0, min(place, lines - 1))
        self.follow = self._cursor >= lines - 1
        height, top = self.size.height, self.scroll_offset.y
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False, force=True)
        elif self._cursor >= top + height:
            self.scroll_to(y=self._cursor - height + 1, animate=False, force=True)
        self.refresh()

    def _repaint(self) -> None:
        self._painted_step = -1
        self.paint()

    def _entry_at(self, place: int) -> Entry | None:
        lines = self.held.lines
        return lines[place].entry if place < len(lines) else None

    # Drawing

    def _time_cells(self) -> int:
        if self.ages:
            return 6
        return 8 if self.size.width < NARROW_CELLS else 12

    def _head_cells(self) -> int:
        return self._time_cells() + 8 + (NAME_CELLS + 1 if self.named else 0)

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        base, width = self.rich_style, self.size.width
        place = self.scroll_offset.y + y
        lines: Sequence[Line] = self.held.lines
        if place >= len(lines):
            text = f"  {self.empty}" if not lines and y == min(1, self.size.height - 1) else ""
            return Strip([Segment(fit(text, width), base + inks(self)["dim"])], width)
        line = lines[place]
        if place == self._cursor and self.cursor_shown and self.has_focus:
            base += inks(self)["cursor"]
        if line.entry.kind != "line":
            return self._separator(line.entry, base, width)
        return Strip(self._segments(line, base)).adjust_cell_length(width, base)

    def _separator(self, entry: Entry, base: Style, width: int) -> Strip:
        ink = "warn" if entry.kind == "dropped" else "accent"
        text = f"── {clock(entry.row.at_s)} {entry.row.text} "
        return Strip(
            [Segment(fit(text + "─" * width, width).replace("…", "─"), base + inks(self)[ink])], width
        )

    def _segments(self, line: Line, base: Style) -> list[Segment]:
        entry, row, known = line.entry, line.entry.row, inks(self)
        dim = base + known["dim"]
        if not line.first:
            return [Segment(" " * self._head_cells(), dim), *self._marked(line.text, base + self._ink(entry))]
        if self.ages:
            at = fit(age(monitor(self).model.now_s - row.at_s), self._time_cells(), right=True)
        else:
            at = clock(row.at_s, millis=self._time_cells() == 12)
        word, ink = level_word(row.level)
        segments = [
            Segment(f" {at} ", dim),
            Segment(f"{word} ", base + known[ink if entry.matches else "dim"]),
        ]
        if self.named:
            segments.append(Segment(fit(row.plugin or "host", NAME_CELLS) + " ", base + known["accent"]))
        if entry.count > 1:
            segments.append(Segment(f"×{entry.count:,} ", base + known["warn"]))
        if row.source in ("stderr", "stdout"):
            segments.append(Segment(f"{row.source} ", dim))
        return segments + self._marked(line.text, base + self._ink(entry))

    def _ink(self, entry: Entry) -> Style:
        if not entry.matches:
            return inks(self)["dim"]
        level = entry.row.level
        return inks(self)[
            "bad" if level >= 40 else "warn" if level >= 30 else "dim" if level < 20 else "plain"
        ]

    def _marked(self, text: str, style: Style) -> list[Segment]:
        """Return a text with what the filter looks for made plain."""
        if not self._patterns:
            return [Segment(text, style)]
        found = style + inks(self)["found"]
        spans = sorted(
            (match.start(), match.end())
            for pattern in self._patterns
            for match in pattern.finditer(text)
            if match.end() > match.start()
        )
        segments: list[Segment] = []
        at = 0
        for start, end in spans:
            if end > at:
                segments.append(Segment(text[at : max(at, start)], style))
                segments.append(Segment(text[max(at, start) : end], found))
                at = end
        return [*segments, Segment(text[at:], style)]


def plain_line(entry: Entry) -> str:
    """Return an entry as a line of a file."""
    row = entry.row
    times = f" ×{entry.count} since {clock(entry.first_at_s, millis=True)}" if entry.count > 1 else ""
    word = level_word(row.level)[0].strip()
    return f"{clock(row.at_s, millis=True)} {word} {row.plugin or 'host'} {row.source}{times} {row.text}"
