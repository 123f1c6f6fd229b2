"""EventsScreen: everything that happens on the host: a histogram of the last minutes, and the events."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final, cast

import msgspec
from textual.binding import Binding, BindingType
from textual.widget import Widget

from host.facade.figures import BARS, many
from host.facade.tails import EventRow, TailQuery
from host.tui.dialogs import ShowText
from host.tui.event_columns import EVENT_COLUMNS, event_lines, plain_event
from host.tui.inked import monitor
from host.tui.inked_lines import InkedLines, Parts, fitting
from host.tui.keys import SHOW
from host.tui.link import Feed
from host.tui.nothing import how_many, none_of, not_known
from host.tui.recent import Recent
from host.tui.screen import TABLE_TICKS, MonitorScreen
from host.tui.table import RowTable

LAST_EVENTS: Final = 1_000
SPAN_S: Final = 900.0
"""Of the histogram."""


def histogram(
    events: Iterable[EventRow], now_s: float, width: int, span_s: float = SPAN_S
) -> tuple[str, str, int]:
    """Return bars of all events, bars of errors and warnings, and the highest bar's count."""
    counts, bad = [0] * width, [0] * width
    for row in events:
        place = int((row.at_s - now_s + span_s) / span_s * width)
        if 0 <= place <= width:
            place = min(place, width - 1)
            counts[place] += 1
            bad[place] += row.severity != "info"
    top = max(counts, default=0) or 1

    def bars(numbers: Sequence[int]) -> str:
        return "".join(BARS[-(-number * (len(BARS) - 1) // top)] for number in numbers)

    return bars(counts), bars(bad), max(counts, default=0)


class EventsScreen(MonitorScreen):
    """The second screen."""

    DEFAULT_CSS = """
    EventsScreen #histogram { height: 3; border-bottom: solid $panel; }
    EventsScreen.-ascii #histogram { border-bottom: ascii $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "kind", "kind", group=SHOW),
        Binding("v", "whole", "look at one", group=SHOW),
        Binding("l", "tab('logs')", "logs", group=SHOW),
    ]
    mode = "events"
    subject = "event"
    KINDS: ClassVar[tuple[str, ...]] = (
        "",
        "lifecycle",
        "configuration",
        "security",
        "plugin",
        "host",
        "audit",
    )

    def __init__(self) -> None:
        super().__init__()
        self._events: Recent[EventRow] = Recent(lambda row: str(row.seq), 5_000)
        self._feed: Feed | None = None
        self._kind = 0

    def body(self) -> Iterable[Widget]:
        """Counts, histogram, table."""
        yield InkedLines(id="counts")
        bars = InkedLines(id="histogram")
        bars.add_class("unzoomed")
        yield bars
        table = RowTable[EventRow](EVENT_COLUMNS, empty="Nothing has happened yet.")
        table.sticky_top = True
        table.add_class("main")
        yield table

    @property
    def table(self) -> RowTable[EventRow]:
        """The events."""
        return cast("RowTable[EventRow]", self.query_one(RowTable))

    def entered(self) -> None:
        """Follow what happens."""
        app = monitor(self)
        if self._feed is None:
            self._feed = Feed(app.tasks, app.link)
        if not self._feed.is_open:
            query = TailQuery(source="events", last=LAST_EVENTS)
            self._feed.tail(query, self._events.take, self._events.began)

    def left(self) -> None:
        """Let it go."""
        if self._feed is not None:
            self._feed.close()

    def paint(self, ticks: int, at_once: bool) -> None:
        """Twice a second."""
        if ticks % TABLE_TICKS == 0 or at_once:
            self.filtered()

    def filtered(self) -> None:
        """Show what the filter and the kind choose."""
        kind = self.KINDS[self._kind]
        events = self._events.newest_first()
        matching = frozenset(
            key for key, row in events.items() if (not kind or row.kind == kind) and self.chosen.event(row)
        )
        shown: Mapping[str, EventRow] = {k: row for k, row in events.items() if self.context or k in matching}
        ways = (("o shows all kinds", bool(kind)), ("Esc clears the filter", bool(self.chosen)))
        undo = ", ".join(words for words, chosen in ways if chosen)
        self.table.unknown = not_known(monitor(self).model, answered=self._events.is_known)
        self.table.empty = none_of(len(events), undo) if events else "Nothing has happened yet."
        self.table.show(shown, frozenset(shown.keys() - matching))
        self.say_seen(len(matching), len(events))
        self._paint_bars([events[key] for key in matching], len(events))

    def _paint_bars(self, chosen: Sequence[EventRow], known: int) -> None:
        width = max(10, self.size.width - 12)
        bars, bad, top = histogram(chosen, monitor(self).model.now_s, width)
        self.query_one("#histogram", InkedLines).show(
            [
                [(" all       ", "dim"), (bars, "accent")],
                [(" ▲ and ✖   ", "warn"), (bad, "bad")],
            ]
        )
        groups: list[tuple[int, Parts]] = [
            (0, [(" events unknown", "dim")])
            if self.table.unknown
            else (0, [(f" {how_many(len(chosen), known, 'event')}", "strong")]),
            (1, [("of the kind ", "dim"), (self.KINDS[self._kind] or "any", "accent")]),
            (2, [(f"bars: 15 min, highest {top}", "dim")]),
        ]
        if self._events.dropped:
            groups.append((0, [(f"{many(self._events.dropped, 'event')} lost", "warn")]))
        if self.chosen:
            groups.append((0, [("/ ", "title"), (self.chosen.text, "accent")]))
        self.query_one("#counts", InkedLines).show([fitting(groups, self.size.width)])

    # Keys

    def _row(self) -> EventRow | None:
        return self._events.get(self.table.cursor_key)

    def action_kind(self) -> None:
        """Show the next kind only."""
        self._kind = (self._kind + 1) % len(self.KINDS)
        self.filtered()

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Open the plugin's log at that moment; the event itself where it is of no plugin."""
        event.stop()
        row = self._row()
        if row is not None and row.plugin in monitor(self).model.plugins:
            monitor(self).open_plugin(row.plugin, "logs", at_s=row.at_s)
        else:
            self.action_whole()

    def action_whole(self) -> None:
        """Show an event whole."""
        row = self._row()
        if row is not None:
            monitor(self).push_screen(ShowText(f"Event {row.seq}: {row.topic}", list(event_lines(row))))

    def action_tab(self, tab: str) -> None:
        """Open a tab of the plugin, at that moment."""
        row = self._row()
        if row is not None and row.plugin:
            monitor(self).open_plugin(row.plugin, tab, at_s=row.at_s)

    def hints(self, action: str) -> bool:
        """Whether a key does something; most events are of a plugin, whose log is the next thing to see."""
        return action.startswith("tab(") or super().hints(action)

    def targets(self) -> Sequence[str]:
        """The event's plugin."""
        row = self._row()
        return (row.plugin,) if row is not None and row.plugin else ()

    def seek(self, step: int) -> bool:
        """Go to the next event."""
        return self.table.seek(step, lambda row: True)

    def seek_error(self, step: int) -> bool:
        """Go to the next error."""
        return self.table.seek(step, lambda row: row.severity == "error")

    def copied(self) -> str:
        """The event."""
        row = self._row()
        return "" if row is None else plain_event(row)

    def command_line(self) -> str:
        """The same on the command line."""
        kind = self.KINDS[self._kind]
        words = " ".join(word for word in (f"kind:{kind}" if kind else "", self.chosen.text) if word)
        return "plughost events" + (f" --filter {shlex.quote(words)}" if words else "")

    def written(self) -> tuple[str, list[str], Any]:
        """What is shown, the newest first."""
        rows = [row for key in self.table.order if (row := self._events.get(key)) is not None]
        return "events", [plain_event(row) for row in rows], [msgspec.to_builtins(row) for row in rows]
