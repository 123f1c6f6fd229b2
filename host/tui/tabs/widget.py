"""WidgetTab: something that a plugin shows of itself, drawn from data; asked for only while it is seen."""

import shlex
from collections.abc import Sequence
from typing import Any

import anyio
from textual.app import ComposeResult

from host.base_error import PlughostError
from host.facade.facade import Facade
from host.facade.pages import ContributionRow, WidgetPage
from host.tui.border import clean, cleaned
from host.tui.inked import monitor
from host.tui.inked_lines import InkedLines, InkedText
from host.tui.screen import TABLE_TICKS
from host.tui.tabs.tab import PluginTab, TabKind
from host.tui.widget_lines import widget_lines


async def widget_tabs(facade: Facade, plugin: str) -> Sequence[TabKind]:
    """Return a tab for each widget that a plugin contributes. Raises PlughostError, OSError."""
    rows = await facade.contributions(plugin, "widget")
    return [_kind(row) for row in rows]


def _kind(row: ContributionRow) -> TabKind:
    return TabKind(f"widget:{row.name}", clean(row.title or row.name)[:24], lambda _: WidgetTab(row))


class WidgetTab(PluginTab):
    """One widget."""

    DEFAULT_CSS = "WidgetTab #widget-title { height: 1; }"

    def __init__(self, row: ContributionRow) -> None:
        super().__init__(row.plugin)
        self._row = row
        self._page: WidgetPage | None = None
        self._fault = ""
        self._scope: anyio.CancelScope | None = None

    def compose(self) -> ComposeResult:
        """Whose it is, and what it shows."""
        yield InkedLines(id="widget-title")
        text = InkedText()
        text.add_class("main")
        yield text

    def left(self) -> None:
        """Wait for no answer any more."""
        if self._scope is not None:
            self._scope.cancel()

    def entered(self) -> None:
        """Ask at once."""
        self._ask()

    def paint(self, ticks: int, at_once: bool) -> None:
        """Ask again, twice a second at most and never while an answer is awaited; show what is known."""
        if ticks % TABLE_TICKS == 0 and not monitor(self).paused:
            self._ask()
        self._show()

    def _ask(self) -> None:
        if self._scope is None:
            self._scope = anyio.CancelScope()
            monitor(self).start(self._read, self._scope)

    async def _read(self, scope: anyio.CancelScope) -> None:
        facade = monitor(self).link.facade
        with scope:
            try:
                if facade is not None:
                    self._page = cleaned(await facade.widget(self._row.plugin, self._row.name), lines=True)
                    self._fault = self._page.error
            except (PlughostError, OSError) as error:
                self._fault = clean(str(error))
        self._scope = None

    def _show(self) -> None:
        if not self.is_attached:
            return
        page = self._page
        title = clean(self._row.title or self._row.name)[:40]
        fault = clean(self._fault)
        self.query_one("#widget-title", InkedLines).show(
            [
                [
                    (f" {self.plugin}: ", "accent"),
                    (title, "strong"),
                    (f"  ✖ {fault}" if fault else "", "bad"),
                ]
            ]
        )
        if page is not None and (page.data or not fault):
            self.query_one(InkedText).show(widget_lines(page.kind, page.data, self.size.width - 2))

    def copied(self) -> str:
        """What it shows."""
        return self.query_one(InkedText).text

    def command_line(self) -> str:
        """The same on the command line."""
        return f"plughost info {shlex.quote(self.plugin)}"

    def written(self) -> tuple[str, list[str], Any]:
        """What it shows, and its data."""
        lines = self.query_one(InkedText).text.split("\n")
        return f"{self.plugin}-widget", lines, self._page.data if self._page is not None else {}
