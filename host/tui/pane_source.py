"""PaneSource: what contributed panes show, asked for twice a second at most and only while they are seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import anyio
from textual.dom import DOMNode

from host.base_error import PlughostError
from host.facade.pages import ContributionRow, WidgetPage
from host.tui.border import clean, cleaned
from host.tui.inked import monitor

MAX_PANES: Final = 24
"""Of one screen that are asked for; each costs a question to a plugin."""

WAITS: Final = ("loading", "unloading", "backoff", "unresponsive")
"""States in which a plugin can't be asked just now: said, and tried again."""


@dataclass(frozen=True, slots=True)
class Pane:
    """One addition, and what is known of what it shows."""

    row: ContributionRow
    page: WidgetPage | None = None
    """The last that there was; None before the first answer."""
    fault: str = ""
    """Why there is nothing newer; empty if there is."""
    remedy: str = ""


class PaneSource:
    """Asks for a few additions of one plugin, one after the other."""

    def __init__(self, node: DOMNode) -> None:
        self._node = node
        self._panes: dict[tuple[str, str], Pane] = {}
        self._scope: anyio.CancelScope | None = None

    def panes(self, rows: Sequence[ContributionRow]) -> list[Pane]:
        """Return what is known of these."""
        return [self._panes.get((row.kind, row.name), Pane(row)) for row in rows[:MAX_PANES]]

    def ask(self, rows: Sequence[ContributionRow]) -> None:
        """Ask for them, unless answers are still awaited, or the picture is held."""
        app = monitor(self._node)
        if rows and self._scope is None and not app.paused:
            self._scope = anyio.CancelScope()
            app.start(self._read, self._scope, rows[:MAX_PANES])

    def stop(self) -> None:
        """Wait for no answer any more."""
        if self._scope is not None:
            self._scope.cancel()

    async def _read(self, scope: anyio.CancelScope, rows: Sequence[ContributionRow]) -> None:
        with scope:
            known = {(row.kind, row.name) for row in rows}
            self._panes = {key: pane for key, pane in self._panes.items() if key in known}
            for row in rows:
                self._panes[row.kind, row.name] = await self._one(row)
        self._scope = None

    async def _one(self, row: ContributionRow) -> Pane:
        app = monitor(self._node)
        before = self._panes.get((row.kind, row.name), Pane(row)).page
        facade, plugin = app.link.facade, app.model.plugins.get(row.plugin)
        if facade is None:
            return Pane(row, before, "the host is gone", "it is tried again each second")
        if plugin is not None and plugin.state in WAITS:
            return Pane(row, before, f"the plugin is {plugin.state}", "it is asked again when it is active")
        try:
            if row.kind == "widget":
                page = cleaned(await facade.widget(row.plugin, row.name), lines=True)
            else:
                page = cleaned(await facade.contribution(row.plugin, row.kind, row.name), lines=True)
        except PlughostError as error:
            return Pane(row, before, clean(error.message), clean(error.remedy))
        except OSError as error:
            return Pane(row, before, clean(str(error)))
        if page.error:
            return Pane(row, page if page.data else before, clean(page.error), clean(page.remedy))
        return Pane(row, page)
