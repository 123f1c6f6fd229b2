"""Contributed: what plugins add to the monitor, asked for anew when the host says that it changed.

Owns the list and the themes; tabs, panes and the palette read it. Everything in it is clean, and bounded:
a host with more is shown the first of them.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from host.base_error import PlughostError
from host.facade.pages import ContributionRow
from host.tui.border import cleaned
from host.tui.pane_dialog import PaneDialog
from host.tui.plugin_themes import PluginTheme, plugin_theme
from host.tui.slots import DRAWER

if TYPE_CHECKING:
    from host.tui.app import Monitor

MAX_ROWS: Final = 2_000
MAX_THEMES: Final = 100

DEFAULT_THEME: Final = "textual-dark"


class Contributed:
    """Of one monitor."""

    def __init__(self, app: "Monitor") -> None:
        self._app = app
        self._asking = False
        self._seen: tuple[str, int] | None = None
        self._rows: Sequence[ContributionRow] = ()
        self._themes: dict[str, PluginTheme] = {}
        self._refused: Sequence[PluginTheme] = ()
        self._lost = ""
        """The theme that was in force when it went; it is taken again when it comes back."""
        self.step = 0
        """Grows when something is different."""

    def look(self) -> None:
        """Ask the host, if something changed since it was asked last. Screens call it as they paint."""
        host = self._app.model.host
        if host is None or self._asking or self._app.link.facade is None:
            return
        now = (self._app.model.epoch, host.contributions)
        if now != self._seen:
            self._seen, self._asking = now, True
            self._app.start(self._read)

    async def _read(self) -> None:
        try:
            facade = self._app.link.facade
            if facade is None:
                self._seen = None
                return
            self._rows = cleaned(await facade.contributions())[:MAX_ROWS]
        except (PlughostError, OSError) as error:
            # What is known stays; the next change, or the next connection, asks again.
            if self._app.link.facade is not None:
                self._app.say_error(error)
            return
        finally:
            self._asking = False
        self.step += 1
        self._take_themes()

    def of(self, plugin: str, *kinds: str) -> list[ContributionRow]:
        """Return what a plugin adds, of these kinds."""
        return [row for row in self._rows if row.plugin == plugin and row.kind in kinds]

    def all(self, *kinds: str) -> list[ContributionRow]:
        """Return what all plugins add, of these kinds."""
        return [row for row in self._rows if row.kind in kinds]

    def in_slot(self, plugin: str, *slots: str) -> list[ContributionRow]:
        """Return a plugin's sections in these slots."""
        return [row for row in self.of(plugin, "section") if row.slot in slots]

    def run_menu_item(self, row: ContributionRow) -> None:
        """Do what a plugin's menu item is for: run its function, or show what it names."""
        if row.data.get("action") is True:
            self._app.acts.menu_item(row)
        else:
            self._app.push_screen(
                PaneDialog(row.plugin, " ".join((row.title or row.name).split())[:60], [row])
            )

    def open_drawer(self, plugin: str) -> None:
        """Open what a plugin keeps in its drawer."""
        rows = self.in_slot(plugin, *DRAWER)
        if rows:
            rows.sort(key=lambda row: DRAWER.index(row.slot))
            self._app.push_screen(PaneDialog(plugin, "drawer", rows))
        else:
            self._app.say(f"{plugin} has no drawer", "warning")

    # Themes

    @property
    def themes(self) -> dict[str, PluginTheme]:
        """Those that can be used, by the name that Textual knows."""
        return self._themes

    @property
    def refused_themes(self) -> Sequence[PluginTheme]:
        """Those that can't, and why."""
        return self._refused

    def _take_themes(self) -> None:
        app = self._app
        offered = [plugin_theme(row) for row in self.all("theme")[:MAX_THEMES]]
        self._refused = [one for one in offered if one.theme is None]
        new = {one.theme.name: one for one in offered if one.theme is not None}
        before, self._themes = self._themes, new
        here = app.theme
        changed = here in new and here in before and new[here].theme != before[here].theme
        gone = here in before and here not in new
        if gone:
            self._lost = here
            app.theme = DEFAULT_THEME
            app.say(f"The theme of {before[here].shown} went with its plugin; {DEFAULT_THEME} is in force")
        for name in before.keys() - new.keys():
            app.unregister_theme(name)
        for one in new.values():
            if one.theme is not None:
                app.register_theme(one.theme)
        if changed:
            app.renew_theme()
            self.tell(here)
        elif self._lost in new and app.theme == DEFAULT_THEME:
            app.theme = self._lost
            self._lost = ""
            app.say(f"The theme of {new[app.theme].shown} is there again")

    def chosen(self, name: str) -> None:
        """Take a theme, as the operator asked, and say what of it was corrected."""
        self._lost = ""
        if name in self._app.available_themes:
            self._app.theme = name
            self.tell(name)

    def tell(self, name: str) -> None:
        """Say which theme is in force, and what of a plugin's was corrected."""
        theme = self._themes.get(name)
        if theme is None:
            self._app.say(f"Theme: {name}")
        elif theme.corrected:
            self._app.say(
                f"Theme of {theme.shown}; so that all can be read: {', '.join(theme.corrected)}", "warning"
            )
        else:
            self._app.say(f"Theme of {theme.shown}")
