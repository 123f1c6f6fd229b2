"""PageTab: the sections that a plugin puts beside each other: the side at the left, the canvas beside it."""

import shlex
from typing import Any, Final

from textual.app import ComposeResult

from host.tui.inked import monitor
from host.tui.inked_lines import InkedText
from host.tui.pane_lines import beside
from host.tui.pane_source import Pane, PaneSource
from host.tui.screen import TABLE_TICKS
from host.tui.slots import ELSEWHERE, SIDE
from host.tui.tabs.tab import PluginTab
from host.tui.tiny import LEAST_COLUMNS

NARROW: Final = LEAST_COLUMNS + 40
"""Under so many cells the side stands above the canvas."""


class PageTab(PluginTab):
    """All of them; they are asked for one after the other, twice a second at most."""

    def __init__(self, plugin: str) -> None:
        super().__init__(plugin)
        self._source = PaneSource(self)

    def compose(self) -> ComposeResult:
        """The panes."""
        text = InkedText()
        text.add_class("main")
        yield text

    def left(self) -> None:
        """Wait for no answer any more."""
        self._source.stop()

    def entered(self) -> None:
        """Ask at once."""
        self._ask()

    def paint(self, ticks: int, at_once: bool) -> None:
        """Ask again twice a second at most; show what is known."""
        if ticks % TABLE_TICKS == 0:
            self._ask()
        if self.is_attached:
            panes = self._panes()
            side = [pane for pane in panes if pane.row.slot in SIDE]
            main = [pane for pane in panes if pane.row.slot not in SIDE]
            width = self.size.width - 2
            shown = beside(side, main, width, narrow=width < NARROW)
            self.query_one(InkedText).show(shown or [[(" It has no sections any more", "dim")]])

    def _panes(self) -> list[Pane]:
        rows = monitor(self).contributed.of(self.plugin, "section")
        return self._source.panes([row for row in rows if row.slot not in ELSEWHERE])

    def _ask(self) -> None:
        self._source.ask([pane.row for pane in self._panes()])

    def copied(self) -> str:
        """What they show."""
        return self.query_one(InkedText).text

    def command_line(self) -> str:
        """The same on the command line."""
        return f"plughost info {shlex.quote(self.plugin)}"

    def written(self) -> tuple[str, list[str], Any]:
        """What they show, and their data."""
        data = {pane.row.name: pane.page.data for pane in self._panes() if pane.page is not None}
        return f"{self.plugin}-page", self.query_one(InkedText).text.split("\n"), data
