"""WidgetTab: something that a plugin shows of itself, drawn from data; asked for only while it is seen."""

import shlex
from typing import Any

from textual.app import ComposeResult

from host.facade.pages import ContributionRow
from host.tui.inked import monitor
from host.tui.inked_lines import InkedLines, InkedText
from host.tui.pane_lines import pane_lines, title_of
from host.tui.pane_source import Pane, PaneSource
from host.tui.screen import TABLE_TICKS
from host.tui.tabs.tab import PluginTab


class WidgetTab(PluginTab):
    """One widget, one tab of the plugin's own page, or one section that stands among the tabs."""

    DEFAULT_CSS = "WidgetTab #widget-title { height: 1; }"

    def __init__(self, row: ContributionRow) -> None:
        super().__init__(row.plugin)
        self._row = row
        self._source = PaneSource(self)

    def compose(self) -> ComposeResult:
        """Whose it is, and what it shows."""
        yield InkedLines(id="widget-title")
        text = InkedText()
        text.add_class("main")
        yield text

    def left(self) -> None:
        """Wait for no answer any more."""
        self._source.stop()

    def entered(self) -> None:
        """Ask at once."""
        self._source.ask([self._row])

    def paint(self, ticks: int, at_once: bool) -> None:
        """Ask again, twice a second at most and never while an answer is awaited; show what is known."""
        if ticks % TABLE_TICKS == 0:
            self._source.ask([self._row])
        if not self.is_attached:
            return
        pane = self._pane
        title = [(f" {self.plugin}: ", "accent"), (title_of(pane), "strong")]
        self.query_one("#widget-title", InkedLines).show(
            [[*title, ("  ‖ held" if monitor(self).paused else "", "warn")]]
        )
        self.query_one(InkedText).show(pane_lines(pane, self.size.width - 2))

    @property
    def _pane(self) -> Pane:
        return self._source.panes([self._row])[0]

    def copied(self) -> str:
        """What it shows."""
        return self.query_one(InkedText).text

    def command_line(self) -> str:
        """The same on the command line."""
        return f"plughost info {shlex.quote(self.plugin)}"

    def written(self) -> tuple[str, list[str], Any]:
        """What it shows, and its data."""
        page = self._pane.page
        lines = self.query_one(InkedText).text.split("\n")
        return f"{self.plugin}-widget", lines, page.data if page is not None else {}
