"""Unsaved: asks before something that was typed in a plugin's screens and not saved would be lost.

Esc, a digit, another plugin and the end of the monitor go through here. Owns no draft: tabs say what they
hold, save it, or let it go.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from host.facade.figures import many
from host.tui.dialogs import Confirm
from host.tui.inked_lines import Parts
from host.tui.tabs.tab import PluginTab

if TYPE_CHECKING:
    from host.tui.app import Monitor

ANSWERS = (("s", "save: look at the differences first"), ("d", "discard what was typed"))


class Unsaved:
    """Of one monitor."""

    def __init__(self, app: "Monitor") -> None:
        self._app = app

    def then(self, leave: Callable[[], Any], *screens: Screen[Any]) -> Any:
        """Leave these screens, or all that are open; first ask where something in them is not saved.

        Returns what `leave` returns; None where it has to wait for an answer.
        """
        tabs = [
            tab
            for screen in screens or self._app.screen_stack
            for tab in screen.query(PluginTab)
            if tab.unsaved
        ]
        if tabs:
            return self._app.start(self._ask, tabs, leave)
        return leave()

    async def _ask(self, tabs: list[PluginTab], leave: Callable[[], Any]) -> None:
        for tab in tabs:
            lines: list[Parts] = [[(f"{many(tab.unsaved, 'change')} would be lost.", "warn")]]
            question = Confirm(
                f"The configuration of {tab.plugin} is not saved",
                lines,
                ANSWERS,
                no="stay; it is kept as typed",
            )
            answer = await self._app.ask(question)
            if answer == "d":
                tab.discard()
            elif answer is None or not await tab.save():
                return
        leave()
