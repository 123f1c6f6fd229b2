"""LogLines: what a log view holds: a bounded ring of entries, folded, filtered, cut into lines of a width.

Plain bookkeeping without a widget. Entries are taken in as they come; `lines` is what can be drawn. Repeats
of a line are one entry with a count; another session of a plugin and lost lines leave a separator.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Literal

import msgspec
from rich.cells import cell_len, chop_cells

from host.facade.figures import many
from host.facade.tails import LogRow

KEPT_ENTRIES: Final = 10_000
MAX_LINES_PER_ENTRY: Final = 200
"""Of one entry; what is longer is cut, and says so."""

MIN_TEXT_CELLS: Final = 20

Kind = Literal["line", "session", "dropped", "note"]


class Entry(msgspec.Struct):
    """A line of a log, or a separator."""

    kind: Kind
    row: LogRow
    """Of repeats the last one: it stands where that came."""
    number: int
    """Grows; tells entries apart."""
    count: int = 1
    """How often it came, one after the other."""
    first_at_s: float = 0.0
    """When the first of them came."""
    matches: bool = True


class Line(msgspec.Struct, frozen=True):
    """One line of the screen: a part of an entry's text."""

    entry: Entry
    text: str
    first: bool
    """Whether time and level stand before it."""


class LogLines:
    """The ring. `width` is what is left for text beside time, level and names."""

    def __init__(self, kept: int = KEPT_ENTRIES) -> None:
        self._kept = kept
        self._entries: deque[Entry] = deque()
        self._numbers = 0
        self._lines: list[Line] = []
        self._width = 80
        self._wrap = False
        self._chosen: Callable[[LogRow], bool] = lambda row: True
        self._context = False
        self._sessions: dict[str, str] = {}
        self._last_seq = -1
        self.run: str | None = None
        """Of the host, of which the last lines are; None before it was asked."""
        self.dropped = 0
        """Lines that were lost on their way, since the view was opened."""
        self.scrolled_away = 0
        """Lines of the screen that left the ring at its top, ever: for views that stand still."""
        self.step = 0

    @property
    def lines(self) -> Sequence[Line]:
        """All that can be drawn, the oldest first."""
        return self._lines

    @property
    def entries(self) -> int:
        """How many entries are held."""
        return len(self._entries)

    @property
    def matching(self) -> int:
        """How many of them the filter chooses."""
        return sum(entry.kind == "line" and entry.matches for entry in self._entries)

    def chosen(self) -> list[Entry]:
        """Return the entries that the filter chooses, the oldest first."""
        return [entry for entry in self._entries if entry.kind == "line" and entry.matches]

    def take(self, rows: Sequence[LogRow], dropped: int = 0) -> None:
        """Take lines in."""
        self.step += 1
        if dropped and rows:
            self.dropped += dropped
            self._separator("dropped", rows[0], f"{many(dropped, 'line')} lost")
        for row in rows:
            if row.seq <= self._last_seq:
                continue
            self._last_seq = row.seq
            self._take(row)
        self._trim()

    def began(self, run: str, at_s: float) -> None:
        """Say of which run of the host the next lines are, and when it began.

        Within one run lines are known by number; those of the run before stay, above a separator.
        """
        if run == self.run:
            return
        if self._entries:
            self.note("the host was started anew", at_s)
        self.run = run
        self._last_seq = -1
        self._sessions = {}

    def note(self, text: str, at_s: float) -> None:
        """Put in a line of the monitor's own."""
        row = LogRow(seq=0, at_s=at_s, plugin="", session="", level=20, source="host", text=text)
        self._separator("note", row, text)
        self.step += 1

    def clear(self) -> None:
        """Forget all that is held."""
        self._entries.clear()
        self._lines = []
        self.dropped = 0
        self.step += 1

    def lay_out(self, width: int, wrap: bool) -> None:
        """Cut anew for another width."""
        if (width, wrap) != (self._width, self._wrap):
            self._width, self._wrap = max(MIN_TEXT_CELLS, width), wrap
            self._rebuild()

    def choose(self, chosen: Callable[[LogRow], bool], *, context: bool) -> None:
        """Show what is chosen; with `context` the others too, so that they can be drawn dimmed."""
        self._chosen, self._context = chosen, context
        for entry in self._entries:
            entry.matches = entry.kind != "line" or chosen(entry.row)
        self._rebuild()

    def _take(self, row: LogRow) -> None:
        before = self._sessions.get(row.plugin)
        if row.session and before != row.session:
            self._sessions[row.plugin] = row.session
            if before is not None:
                self._separator("session", row, f"{row.plugin} started anew")
        last = self._entries[-1] if self._entries else None
        if (
            last is not None
            and last.kind == "line"
            and last.row.text == row.text
            and last.row.plugin == row.plugin
            and last.row.level == row.level
            and last.row.source == row.source
        ):
            last.count += 1
            last.row = row
            return
        self._add(Entry("line", row, self._numbers, 1, row.at_s, self._chosen(row)))

    def _separator(self, kind: Kind, row: LogRow, text: str) -> None:
        row = LogRow(
            seq=row.seq,
            at_s=row.at_s,
            plugin=row.plugin,
            session=row.session,
            level=20,
            source="host",
            text=text,
        )
        self._add(Entry(kind, row, self._numbers, 1, row.at_s))

    def _add(self, entry: Entry) -> None:
        self._numbers += 1
        self._entries.append(entry)
        if entry.matches or self._context:
            self._lines.extend(self._cut(entry))

    def _cut(self, entry: Entry) -> list[Line]:
        width = self._width
        text = entry.row.text
        if "\n" not in text and (not self._wrap or (text.isascii() and len(text) <= width)):
            return [Line(entry, text, True)]
        parts: list[str] = []
        for part in text.split("\n"):
            parts.extend(wrapped(part, width) if self._wrap else [part])
            if len(parts) > MAX_LINES_PER_ENTRY:
                parts = [*parts[:MAX_LINES_PER_ENTRY], "… more lines"]
                break
        return [Line(entry, part, number == 0) for number, part in enumerate(parts)]

    def _trim(self) -> None:
        # A tenth at once: taking lines off the front of a list costs as much for one as for many.
        if len(self._entries) <= self._kept + self._kept // 10:
            return
        while len(self._entries) > self._kept:
            self._entries.popleft()
        oldest = self._entries[0].number
        gone = next(
            (n for n, line in enumerate(self._lines) if line.entry.number >= oldest), len(self._lines)
        )
        del self._lines[:gone]
        self.scrolled_away += gone

    def _rebuild(self) -> None:
        self._lines = [
            line for entry in self._entries if entry.matches or self._context for line in self._cut(entry)
        ]
        self.step += 1


def wrapped(text: str, width: int) -> list[str]:
    """Return a text as lines, broken at spaces unless that leaves a third of a line empty."""
    if cell_len(text) <= width:
        return [text]
    parts: list[str] = []
    while cell_len(text) > width:
        # A character is one cell or two, or a mark of none; more than this can't be one line.
        head = chop_cells(text[: width * 4], width)[0]
        space = head.rfind(" ")
        if text[len(head)] != " " and space > len(head) * 2 // 3:
            head = head[: space + 1]
        parts.append(head.rstrip())
        text = text[len(head) :].lstrip(" ") if head else text[1:]
    return [*parts, text] if text else parts
