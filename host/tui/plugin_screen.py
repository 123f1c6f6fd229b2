"""PluginScreen: one plugin: who it is and how it stands, and its tabs."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widget import Widget

from host.facade.filters import parse_filter
from host.tui.filter_bar import FilterBar
from host.tui.inked import monitor
from host.tui.inked_lines import InkedLines, Part, cells_of
from host.tui.keys import MOVE, PLUGIN_BINDINGS, SHOW, VERB_BINDINGS
from host.tui.pane_lines import lights
from host.tui.pane_source import PaneSource
from host.tui.plugin_detail import reason_of, title_of
from host.tui.screen import TABLE_TICKS, MonitorScreen
from host.tui.slots import DRAWER, LIGHTS
from host.tui.tabs.contributed import contributed_tabs
from host.tui.tabs.registry import TABS
from host.tui.tabs.tab import PluginTab, TabKind


class TabLine(InkedLines):
    """The titles of the tabs; the open one stands out, also without colours."""

    def __init__(self) -> None:
        super().__init__(id="tabs")
        self._places: list[tuple[int, int, str]] = []

    def paint(self, kinds: Sequence[TabKind], here: str) -> None:
        """Show them; from the open one on where there is no room for all."""
        parts: list[Part] = [(" ", "plain")]
        self._places = []
        shown = list(kinds)
        while sum(len(kind.title) + 3 for kind in shown) > self.size.width - 2 and shown[0].id != here:
            shown.pop(0)
        for kind in shown:
            start = cells_of(parts)
            text = f"[{kind.title}]" if kind.id == here else f" {kind.title} "
            parts.append((text, "title" if kind.id == here else "dim"))
            self._places.append((start, cells_of(parts), kind.id))
        self.show([parts])

    def on_click(self, event: events.Click) -> None:
        """Open a tab."""
        screen = self.screen
        if isinstance(screen, PluginScreen):
            for start, end, tab in self._places:
                if start <= event.x < end:
                    screen.open_tab(tab)


class PluginScreen(MonitorScreen):
    """A plugin's screen, over the one from which it was opened."""

    DEFAULT_CSS = """
    PluginScreen #who { height: 2; }
    PluginScreen #lights { display: none; }
    PluginScreen.-lit #lights { display: block; }
    PluginScreen #tabs { background: $surface; }
    PluginScreen #pane { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *VERB_BINDINGS,
        *PLUGIN_BINDINGS,
        Binding(
            "left_square_bracket", "next_tab(-1)", "previous tab", key_display="[", show=False, group=MOVE
        ),
        Binding("right_square_bracket", "next_tab(1)", "next tab", key_display="]", show=False, group=MOVE),
        Binding("f2", "drawer", "the plugin's drawer", show=False, group=SHOW),
    ]

    def __init__(self, plugin: str, tab: str, mode: str, *, at_s: float | None = None) -> None:
        super().__init__()
        self.plugin = plugin
        self._under = mode
        self._kinds: list[TabKind] = list(TABS)
        self._wanted = tab
        self._moment = at_s
        self._made: dict[str, PluginTab] = {}
        self._open = ""
        self._seen = False
        self._lights = PaneSource(self)
        self._contributed: int = -1

    @property
    def under(self) -> str:
        """The screen from which it was opened."""
        return self._under

    def body(self) -> Iterable[Widget]:
        """Who it is, the tabs, and the open one."""
        who = InkedLines(id="who")
        yield who
        yield InkedLines(id="lights")
        yield TabLine()
        yield Vertical(id="pane")

    @property
    def tab(self) -> PluginTab | None:
        """The open tab."""
        return self._made.get(self._open)

    @property
    def tab_id(self) -> str:
        """The open tab's id."""
        return self._open

    def entered(self) -> None:
        """Open the tab that was asked for, or go on following."""
        self._seen = True
        self._take_contributed()
        if not self._open:
            self.open_tab(self._wanted, at_s=self._moment)
        elif self.tab is not None:
            self.tab.enter()

    def left(self) -> None:
        """Stop following."""
        self._seen = False
        self._lights.stop()
        if self.tab is not None:
            self.tab.leave()

    def on_unmount(self) -> None:
        """Stop following."""
        self.left()

    def _take_contributed(self) -> None:
        """Have the tabs that only this plugin has; one that is open stays until it is left."""
        contributed = monitor(self).contributed
        if contributed.step == self._contributed:
            return
        self._contributed = contributed.step
        known = {kind.id: kind for kind in self._kinds}
        self._kinds = [*TABS, *contributed_tabs(contributed, self.plugin)]
        ids = {kind.id for kind in self._kinds}
        if self._open in known and self._open not in ids:
            self._kinds.append(known[self._open])
        for gone in self._made.keys() - ids - {self._open}:
            self._made.pop(gone).remove()
        if self._wanted in ids and self._open == TABS[0].id != self._wanted:
            self.open_tab(self._wanted)
            self._wanted = ""

    def open_tab(self, tab: str, *, at_s: float | None = None) -> None:
        """Open a tab, at a moment if that is given."""
        kind = next((kind for kind in self._kinds if kind.id == tab), None)
        if kind is None and ":" in tab and not self._open:
            # Contributed, and not heard of yet: it is opened when it is.
            kind = self._kinds[0]
        elif kind is None:
            monitor(self).say(f"The {tab} is on the command line: plughost {tab} {self.plugin}", "warning")
            if self._open:
                return
            kind = self._kinds[0]
        if kind.id != self._open:
            if self.tab is not None:
                self.tab.leave()
                self.tab.display = False
            self._open = kind.id
        monitor(self).start(self._enter, kind, at_s)

    async def _enter(self, kind: TabKind, at_s: float | None) -> None:
        opened = self._made.get(kind.id)
        if opened is None:
            opened = self._made[kind.id] = kind.make(self.plugin)
            await self.query_one("#pane", Vertical).mount(opened)
        if self._open != kind.id or not self.is_attached:
            opened.display = self._open == kind.id
            return
        opened.display = True
        bar = self.query_one(FilterBar)
        if opened.subject is not None:
            bar.subject = opened.subject
        self.chosen, self.context = opened.chosen, opened.context
        bar.set(opened.chosen.text)
        if self._seen:
            opened.enter()
        if at_s is not None:
            opened.go_to_moment(at_s)
        self._paint_tabs()
        self.focus_main()
        self._ticks = 0

    def focus_main(self) -> None:
        """Give the keys to the open tab."""
        tab = self.tab
        if tab is None:
            return
        for widget in tab.query(".main"):
            if widget.focusable and widget.display:
                widget.focus()
                return

    # Painting

    def paint(self, ticks: int, at_once: bool) -> None:
        """Paint who it is, and the open tab."""
        self._take_contributed()
        if ticks % TABLE_TICKS == 0 or at_once:
            self._paint_who()
            self._paint_lights()
            self._paint_tabs()
        if self.tab is not None and self.tab.is_mounted:
            self.tab.look(ticks, at_once)
            if self.tab.chosen:
                self.say_seen(*self.tab.counted())

    def _paint_who(self) -> None:
        model = monitor(self).model
        row = model.plugins.get(self.plugin)
        who = self.query_one("#who", InkedLines)
        if row is None:
            who.show([[(f" {self.plugin}", "strong"), ("  ✖ it is gone; Esc goes back", "bad")]])
            return
        problems = [problem for problem in model.open_problems() if problem.plugin == self.plugin]
        who.show([title_of(row, model.now_s, self.size.width), reason_of(row, problems)])

    def _paint_lights(self) -> None:
        contributed = monitor(self).contributed
        rows = contributed.in_slot(self.plugin, *LIGHTS)
        drawer = contributed.in_slot(self.plugin, *DRAWER)
        self._lights.ask(rows)
        self.set_class(bool(rows or drawer), "-lit")
        line = lights(self._lights.panes(rows), self.size.width - 12)
        if drawer:
            line += [("  F2", "title"), (" drawer", "dim")]
        self.query_one("#lights", InkedLines).show([line])

    def _paint_tabs(self) -> None:
        if self.is_attached:
            self.query_one(TabLine).paint(self._kinds, self._open)

    # Keys

    def action_next_tab(self, step: int) -> None:
        """Open the next tab, round the end."""
        ids = [kind.id for kind in self._kinds]
        # Before the first one is open, from the one that was asked for.
        now = self._open or self._wanted
        self.open_tab(ids[((ids.index(now) if now in ids else 0) + step) % len(ids)])

    def action_tab(self, tab: str) -> None:
        """Open a tab."""
        self.open_tab(tab)

    def action_drawer(self) -> None:
        """Open what the plugin keeps in its drawer."""
        monitor(self).contributed.open_drawer(self.plugin)

    def action_call(self) -> None:
        """Call one of its methods."""
        monitor(self).call_form(self.plugin)

    @property
    def can_filter(self) -> bool:
        """Whether the open tab has something to filter."""
        return self.tab is not None and self.tab.subject is not None

    def filtered(self) -> None:
        """Hand the filter on to the tab."""
        tab = self.tab
        if tab is not None and tab.subject is not None:
            tab.chosen, tab.context = self.chosen, self.context
            tab.filtered()
        elif self.chosen:
            self.chosen = parse_filter("")

    def targets(self) -> Sequence[str]:
        """The plugin."""
        return (self.plugin,)

    def hints(self, action: str) -> bool:
        """Whether a key does something now, for the open tab too."""
        return super().hints(action) and (self.tab is None or self.tab.hints(action))

    def seek(self, step: int) -> bool:
        """Go to the tab's next match."""
        return self.tab is not None and self.tab.seek(step)

    def seek_error(self, step: int) -> bool:
        """Go to the tab's next error."""
        return self.tab is not None and self.tab.seek_error(step)

    def copied(self) -> str:
        """What the tab copies, or the plugin's id."""
        return (self.tab.copied() if self.tab is not None else "") or self.plugin

    def command_line(self) -> str:
        """The tab's."""
        return self.tab.command_line() if self.tab is not None else ""

    def written(self) -> tuple[str, list[str], Any]:
        """What the tab shows."""
        return self.tab.written() if self.tab is not None else ("", [], None)
