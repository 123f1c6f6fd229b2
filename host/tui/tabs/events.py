"""EventsTab: what happened to one plugin, or was done to it."""

import shlex
from typing import Any, cast

import msgspec
from textual.app import ComposeResult

from host.facade.tails import EventRow, TailQuery
from host.tui.dialogs import ShowText
from host.tui.event_columns import EVENT_COLUMNS, event_lines, plain_event
from host.tui.inked import monitor
from host.tui.nothing import none_of, not_known
from host.tui.recent import Recent
from host.tui.screen import TABLE_TICKS
from host.tui.table import RowTable
from host.tui.tabs.tab import PluginTab

LAST_EVENTS = 300


class EventsTab(PluginTab):
    """Events, the newest first."""

    subject = "event"

    def __init__(self, plugin: str) -> None:
        super().__init__(plugin)
        self._events: Recent[EventRow] = Recent(lambda row: str(row.seq))
        self._seen = 0

    def compose(self) -> ComposeResult:
        """The table."""
        columns = [column for column in EVENT_COLUMNS if column.key != "plugin"]
        table = RowTable[EventRow](columns, empty="Nothing has happened yet.")
        table.sticky_top = True
        table.add_class("main")
        yield table

    @property
    def table(self) -> RowTable[EventRow]:
        """The events."""
        return cast("RowTable[EventRow]", self.query_one(RowTable))

    def entered(self) -> None:
        """Follow them."""
        query = TailQuery(source="events", plugins=(self.plugin,), last=LAST_EVENTS)
        self.feed().tail(query, self._events.take, self._events.began)

    @property
    def unknown(self) -> str:
        """Why it is not known what happened; empty where it is."""
        return not_known(monitor(self).model, answered=self._events.is_known)

    def paint(self, ticks: int, at_once: bool) -> None:
        """Twice a second."""
        if ticks % TABLE_TICKS == 0 or at_once:
            self.filtered()

    def filtered(self) -> None:
        """Show what the filter chooses."""
        events = self._events.newest_first()
        matching = frozenset(key for key, row in events.items() if self.chosen.event(row))
        shown = events if self.context else {key: row for key, row in events.items() if key in matching}
        self._seen = len(matching)
        self.table.empty = none_of(len(events)) if events else "Nothing has happened yet."
        self.table.show(shown, frozenset(shown.keys() - matching))

    def counted(self) -> tuple[int, int]:
        """Events that match, of all."""
        return self._seen, len(self._events)

    def seek(self, step: int) -> bool:
        """Go to the next event."""
        return self.table.seek(step, lambda row: True)

    def seek_error(self, step: int) -> bool:
        """Go to the next error."""
        return self.table.seek(step, lambda row: row.severity == "error")

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Show one whole."""
        event.stop()
        row = self._events.get(event.key)
        if row is not None:
            monitor(self).push_screen(ShowText(f"Event {row.seq}: {row.topic}", list(event_lines(row))))

    def copied(self) -> str:
        """The event under the cursor."""
        row = self._events.get(self.table.cursor_key)
        return "" if row is None else plain_event(row)

    def command_line(self) -> str:
        """The same on the command line."""
        words = f"plugin:{self.plugin} {self.chosen.text}".strip()
        return f"plughost events --filter {shlex.quote(words)}"

    def written(self) -> tuple[str, list[str], Any]:
        """What is shown, the newest first."""
        rows = [row for key in self.table.order if (row := self._events.get(key)) is not None]
        return (
            f"{self.plugin}-events",
            [plain_event(row) for row in rows],
            [msgspec.to_builtins(row) for row in rows],
        )
