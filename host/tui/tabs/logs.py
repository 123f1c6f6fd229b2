"""LogsTab: a plugin's log as it comes."""

import shlex
from collections.abc import Iterable
from typing import Any, ClassVar, Final

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from host.facade.figures import day, many
from host.facade.filters import parse_filter
from host.facade.tails import LogRow, TailQuery
from host.tui.dialogs import ShowText
from host.tui.inked import monitor
from host.tui.inked_lines import InkedLines, Part, Parts, fitting
from host.tui.json_lines import json_lines
from host.tui.keys import FIND
from host.tui.log_feed import follow_lines
from host.tui.log_view import LogView, plain_line
from host.tui.nothing import how_many, none_of, not_known
from host.tui.screen import TABLE_TICKS
from host.tui.states import level_word
from host.tui.tabs.tab import PluginTab

LAST_LINES: Final = 1_000
LEVELS: Final = ((0, "all levels"), (20, "info and above"), (30, "warnings and above"), (40, "errors"))
STREAMS: Final = ("", "log", "stderr", "stdout")

NO_LINES: Final = "No lines yet. What it logs, and what it prints, comes here."


class LogsTab(PluginTab):
    """The log."""

    subject = "log"
    DEFAULT_CSS = "LogsTab #logs-status { height: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "level", "level", group=FIND),
        Binding("o", "stream", "stream", group=FIND),
        Binding("g", "its_call", "its call", group=FIND),
    ]

    def __init__(self, plugin: str) -> None:
        super().__init__(plugin)
        self._level = 0
        self._stream = 0

    def compose(self) -> ComposeResult:
        """Lines, and how they are chosen."""
        view = LogView(named=False)
        view.add_class("main")
        view.empty = NO_LINES
        yield view
        yield InkedLines(id="logs-status")

    @property
    def view(self) -> LogView:
        """The lines."""
        return self.query_one(LogView)

    def entered(self) -> None:
        """Follow them."""
        query = TailQuery(source="logs", plugins=(self.plugin,), last=LAST_LINES)
        follow_lines(self.view, self.feed(), query, monitor(self).model)

    @property
    def unknown(self) -> str:
        """Why it is not known which lines there are; empty where it is."""
        return not_known(monitor(self).model, answered=self.view.held.run is not None)

    def paint(self, ticks: int, at_once: bool) -> None:
        """Ten times a second where something came."""
        self._say_what_is_empty()
        self.view.paint(ages=ticks % TABLE_TICKS == 0)
        if ticks % TABLE_TICKS == 0 or at_once:
            self._paint_status()

    def _say_what_is_empty(self) -> None:
        """Say what shows all lines, where there are some and none is chosen."""
        ways = (
            ("v shows all levels", bool(self._level)),
            ("o all streams", bool(self._stream)),
            ("Esc clears the filter", bool(self.chosen)),
        )
        held = self.view.held.entries
        self.view.empty = (
            none_of(held, ", ".join(w for w, on in ways if on)) if held else self.unknown or NO_LINES
        )

    def _paint_status(self) -> None:
        view, held = self.view, self.view.held
        matching = held.matching if self._words() else held.entries
        groups: list[tuple[int, Parts]] = [
            (
                0,
                [
                    (
                        " ● following" if view.follow else " ‖ standing still; End follows",
                        "good" if view.follow else "warn",
                    )
                ],
            ),
            (1, [(LEVELS[self._level][1], "dim" if self._level == 0 else "accent")]),
            (2, [(STREAMS[self._stream] or "all streams", "dim" if self._stream == 0 else "accent")]),
            (3, [(how_many(matching, held.entries, "line"), "dim")]),
            (4, [("wrapped" if view.wrap else "long lines cut", "dim")]),
        ]
        if held.dropped:
            groups.append((0, [(f"{many(held.dropped, 'line')} lost", "warn")]))
        if self.chosen:
            groups.append((0, [("/ ", "title"), (self.chosen.text, "accent")]))
        self.query_one("#logs-status", InkedLines).show([fitting(groups, self.size.width)])

    # Choosing

    def filtered(self) -> None:
        """Show what the filter, the level and the stream choose."""
        self._say_what_is_empty()
        self.view.choose(parse_filter(self._words(), "log"), context=self.context)
        self._paint_status()

    def _words(self) -> str:
        """Return the filter that level and stream are part of."""
        words = [self.chosen.text]
        if self._level:
            words.append(f"lvl>={LEVELS[self._level][0]}")
        if self._stream:
            words.append(f"source:{STREAMS[self._stream]}")
        return " ".join(word for word in words if word)

    def action_level(self) -> None:
        """Show the next level and above."""
        self._level = (self._level + 1) % len(LEVELS)
        self.filtered()

    def action_stream(self) -> None:
        """Show the next stream only."""
        self._stream = (self._stream + 1) % len(STREAMS)
        self.filtered()

    def go_to_moment(self, at_s: float) -> None:
        """Stand at the first line from then on."""
        self.view.go_to_moment(at_s)

    def seek(self, step: int) -> bool:
        """Go to the next line that matches."""
        return self.view.seek(step)

    def seek_error(self, step: int) -> bool:
        """Go to the next error."""
        return self.view.seek(step, 40)

    def counted(self) -> tuple[int, int]:
        """Lines that match, of all."""
        held = self.view.held
        return held.matching, held.entries

    def action_its_call(self) -> None:
        """Go to the call during which the line under the cursor was written."""
        row = self.view.cursor_row
        if row is not None:
            monitor(self).open_plugin(self.plugin, "rpc", at_s=row.at_s)

    # Leaving the screen

    def on_log_view_opened(self, event: LogView.Opened) -> None:
        """Show a line whole."""
        event.stop()
        monitor(self).push_screen(ShowText(f"{self.plugin}, line {event.row.seq}", list(_whole(event.row))))

    def copied(self) -> str:
        """The line under the cursor."""
        row = self.view.cursor_row
        return "" if row is None else row.text

    def command_line(self) -> str:
        """The same on the command line."""
        words = self._words()
        end = f" --filter {shlex.quote(words)}" if words else ""
        return f"plughost logs {shlex.quote(self.plugin)} --follow{end}"

    def written(self) -> tuple[str, list[str], Any]:
        """All that is chosen."""
        chosen = self.view.held.chosen()
        return (
            f"{self.plugin}-log",
            [plain_line(e) for e in chosen],
            [msgspec.to_builtins(e.row) for e in chosen],
        )


def _whole(row: LogRow) -> Iterable[Parts]:
    word, ink = level_word(row.level)
    head: list[Part] = [(day(row.at_s), "plain"), ("  ", "plain"), (word, ink), (f"  {row.source}", "dim")]
    yield head
    if row.session:
        yield [("session ", "dim"), (row.session, "plain")]
    yield []
    for line in row.text.split("\n"):
        yield [(line, "plain")]
    if row.fields:
        yield []
        yield from json_lines(row.fields)
