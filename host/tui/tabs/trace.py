"""TraceTab: the calls between the host and a plugin as they begin and end; to look at and to send again."""

import shlex
from collections.abc import Iterable
from typing import Any, ClassVar, Final, cast

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from host.facade.figures import age, clock, many, size, took
from host.facade.tails import TailQuery, TraceRow
from host.tui.call_dialog import call_line
from host.tui.dialogs import ShowText
from host.tui.inked import monitor
from host.tui.inked_lines import InkedLines, Parts, fitting
from host.tui.json_lines import json_lines
from host.tui.keys import ACT, SHOW
from host.tui.nothing import how_many, none_of, not_known
from host.tui.recent import Recent
from host.tui.screen import TABLE_TICKS
from host.tui.table import RowTable
from host.tui.tabs.call_columns import CALL_COLUMNS, Traced, nested, seconds_of
from host.tui.tabs.tab import PluginTab

LAST_CALLS: Final = 200
BODIES_S: Final = 60.0
"""Bodies cost the host work and may be private: they are asked for this long, and then no longer."""

NO_CALLS: Final = "No calls yet. They are traced while this tab is open; R makes one."


class TraceTab(PluginTab):
    """Calls, the newest first; those that serve another stand below it while they are sorted by time."""

    subject = "trace"
    DEFAULT_CSS = "TraceTab #trace-status { height: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("A", "again", "send again", group=ACT),
        Binding("b", "bodies", "bodies", group=SHOW),
    ]

    def __init__(self, plugin: str) -> None:
        super().__init__(plugin)
        self._calls: Recent[TraceRow] = Recent(lambda row: row.key)
        self._seen = 0
        self._bodies_until_s: float | None = None
        self._moment: float | None = None

    def compose(self) -> ComposeResult:
        """The table, and how it is followed."""
        table = RowTable[Traced](CALL_COLUMNS, empty=NO_CALLS)
        table.sticky_top = True
        table.add_class("main")
        yield table
        yield InkedLines(id="trace-status")

    @property
    def table(self) -> RowTable[Traced]:
        """The calls."""
        return cast("RowTable[Traced]", self.query_one(RowTable))

    def entered(self) -> None:
        """Have calls traced."""
        query = TailQuery(
            source="rpc", plugins=(self.plugin,), last=LAST_CALLS, bodies=self._bodies_until_s is not None
        )
        self.feed().tail(query, self._calls.take, self._calls.began)

    @property
    def unknown(self) -> str:
        """Why it is not known which calls there are; empty where it is."""
        return not_known(monitor(self).model, answered=self._calls.is_known)

    def left(self) -> None:
        """Bodies are not asked for any more."""
        self._bodies_until_s = None

    def paint(self, ticks: int, at_once: bool) -> None:
        """Twice a second."""
        if ticks % TABLE_TICKS and not at_once:
            return
        if self._bodies_until_s is not None and monitor(self).clock.wall() >= self._bodies_until_s:
            self.action_bodies()
        self._paint_table()

    def _paint_table(self) -> None:
        now_s = monitor(self).model.now_s
        calls = self._calls.newest_first()
        matching = frozenset(key for key, row in calls.items() if self.chosen.trace(row))
        shown = calls if self.context else {key: row for key, row in calls.items() if key in matching}
        self._seen = len(matching)
        children: dict[str, int] = {}
        for row in calls.values():
            if row.parent:
                children[row.parent] = children.get(row.parent, 0) + 1
        rows = {
            row.key: Traced(row, depth, children.get(row.key, 0), now_s)
            for row, depth in (
                nested(shown) if not self.table.sort_key else ((row, 0) for row in shown.values())
            )
        }
        self.table.empty = none_of(len(calls)) if calls else NO_CALLS
        self.table.show(rows, frozenset(rows.keys() - matching))
        self._paint_status(now_s)
        if self._moment is not None and len(self._calls):
            moment, self._moment = self._moment, None
            self._find_moment(moment)

    def _paint_status(self, now_s: float) -> None:
        groups: list[tuple[int, Parts]] = [
            (0, [(f" {how_many(self._seen, len(self._calls), 'call')}", "dim")])
        ]
        if self._bodies_until_s is None:
            groups.append((2, [("b", "title"), (" asks for bodies", "dim")]))
        else:
            groups.append((0, [(f"bodies for {age(self._bodies_until_s - now_s)} more", "warn")]))
        if self._calls.dropped:
            groups.append((0, [(f"{many(self._calls.dropped, 'call')} lost", "warn")]))
        if self.chosen:
            groups.append((0, [("/ ", "title"), (self.chosen.text, "accent")]))
        look: Parts = [("Enter", "title"), (" look  ", "dim")] if self.table.order else []
        groups.append((1, [*look, ("R", "title"), (" call", "dim")]))
        self.query_one("#trace-status", InkedLines).show([fitting(groups, self.size.width)])

    def filtered(self) -> None:
        """Show what the filter chooses."""
        self._paint_table()

    def counted(self) -> tuple[int, int]:
        """Calls that match, of all."""
        return self._seen, len(self._calls)

    def seek(self, step: int) -> bool:
        """Go to the next call."""
        return self.table.seek(step, lambda x: True)

    def seek_error(self, step: int) -> bool:
        """Go to the next one that failed."""
        return self.table.seek(step, lambda x: x.row.code != 0)

    def go_to_moment(self, at_s: float) -> None:
        """Put the cursor on the call that was open then, once calls are there."""
        self._moment = at_s

    def _find_moment(self, at_s: float) -> None:
        for row in self._calls.newest_first().values():
            if row.at_s <= at_s and (row.ended_s is None or row.ended_s >= at_s):
                self.table.go_to(row.key)
                return
        monitor(self).say("No call that is held was open then", "warning")

    # Keys

    def hints(self, action: str) -> bool:
        """Whether there is a call under the cursor that can be sent again."""
        row = self._under_cursor()
        return action != "again" or (row is not None and row.direction != "out")

    def action_bodies(self) -> None:
        """Ask for parameters and results, for a minute; or no longer."""
        clock_s = monitor(self).clock.wall()
        self._bodies_until_s = None if self._bodies_until_s is not None else clock_s + BODIES_S
        for feed in self._feeds:
            feed.close()
        self._feeds = []
        self.entered()
        self._paint_status(clock_s)

    def action_again(self) -> None:
        """Fill the form with the call under the cursor."""
        row = self._under_cursor()
        if row is None or row.direction == "out":
            monitor(self).say("Only a call into the plugin can be sent again", "warning")
            return
        params = _object(row.params)
        if params is None:
            monitor(self).say(
                "Its parameters are not known: b asks for the bodies of calls to come", "warning"
            )
        monitor(self).call_form(self.plugin, row.method, params)

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Show a call whole."""
        event.stop()
        row = self._calls.get(event.key)
        if row is not None:
            monitor(self).push_screen(ShowText(f"{row.method} of {row.plugin}", list(self._whole(row))))

    def _whole(self, row: TraceRow) -> Iterable[Parts]:
        way = "the host asks the plugin" if row.direction == "in" else "the plugin asks the host"
        yield [(f"{row.kind}, {way}", "plain"), (f"  id {row.id or '–'}  session {row.session}", "dim")]
        yield [
            ("began ", "dim"),
            (clock(row.at_s, millis=True), "plain"),
            ("  took ", "dim"),
            (took(None if row.ended_s is None else row.ended_s - row.at_s), "plain"),
            ("  sent ", "dim"),
            (size(row.request_bytes), "plain"),
            ("  got ", "dim"),
            (size(row.response_bytes), "plain"),
        ]
        if row.code:
            yield [(f"✖ {row.code} {row.error}", "bad")]
        parent = self._calls.get(row.parent)
        if row.parent:
            yield [("serves ", "dim"), (parent.method if parent else row.parent, "accent")]
        below = [other for other in self._calls.oldest_first.values() if other.parent == row.key]
        for other in below:
            yield [
                ("  └ ", "dim"),
                (other.method, "plain"),
                (f" {took(seconds_of(Traced(other, 0, 0, 0)))}", "dim"),
            ]
        for title, value in (("Parameters", row.params), ("Result", row.result)):
            yield []
            yield [(title, "title")]
            yield from (
                json_lines(value) if value is not None else [[("not known; b asks for bodies", "dim")]]
            )

    # Leaving the screen

    def _under_cursor(self) -> TraceRow | None:
        return self._calls.get(self.table.cursor_key)

    def copied(self) -> str:
        """The call as JSON."""
        row = self._under_cursor()
        return "" if row is None else msgspec.json.format(msgspec.json.encode(row), indent=2).decode()

    def command_line(self) -> str:
        """The call on the command line; of one into the host, the trace."""
        row = self._under_cursor()
        if row is None or row.direction == "out":
            return f"plughost rpc tail {shlex.quote(self.plugin)}"
        return call_line(self.plugin, row.method, _object(row.params))

    def written(self) -> tuple[str, list[str], Any]:
        """What is shown, the newest first."""
        rows = [row for key in self.table.order if (row := self._calls.get(key)) is not None]
        lines = [
            f"{clock(row.at_s, millis=True)}\t{row.direction}\t{row.method}\t{row.id}\t"
            f"{took(seconds_of(Traced(row, 0, 0, 0)))}\t{row.code}\t{row.error}"
            for row in rows
        ]
        return f"{self.plugin}-calls", lines, [msgspec.to_builtins(row) for row in rows]


def _object(value: Any) -> dict[str, Any] | None:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None
