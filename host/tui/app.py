"""Monitor: the Textual program: screens by digit, one model, one link, and what every screen may ask of it.

Runs inside of a task group that `run_monitor` owns; whatever the monitor does in the background is a task of
that group. It writes to the terminal and, when asked, to a file; a host changes by its verbs alone.
"""

import os
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast

import anyio
from anyio.abc import TaskGroup
from textual.binding import BindingType
from textual.command import Provider
from textual.filter import LineFilter
from textual.notifications import SeverityLevel
from textual.screen import ModalScreen, Screen
from textual.widget import AwaitMount

from host.base_error import PlughostError
from host.clock import Clock, SystemClock
from host.facade.pages import CommandRow
from host.facade.plugin_pages import MethodPage, PluginPage
from host.tui.acts import Acts
from host.tui.ascii import AsciiFilter
from host.tui.asked import Asked
from host.tui.border import clean, cleaned
from host.tui.chrome import link_parts
from host.tui.contributed import Contributed
from host.tui.copying import Copying
from host.tui.dialogs import ShowText
from host.tui.events_screen import EventsScreen
from host.tui.filter_bar import FilterBar
from host.tui.help import help_lines
from host.tui.host_screen import HostScreen
from host.tui.ink import Inks, inks_of
from host.tui.inked_lines import Parts
from host.tui.keys import APP_BINDINGS
from host.tui.keys_in_turn import KeysInTurn
from host.tui.link import Connect, Link
from host.tui.model import Model
from host.tui.overview import Overview
from host.tui.palette import MonitorCommands
from host.tui.plugin_screen import PluginScreen
from host.tui.problems_screen import ProblemsScreen
from host.tui.screen import MonitorScreen
from host.tui.store_screen import StoreScreen
from host.tui.table import RowTable
from host.tui.tiny import is_tiny
from host.tui.unsaved import Unsaved
from host.tui.writing import WriteDialog

T = TypeVar("T")

THEMES = ("textual-dark", "textual-light", "nord", "gruvbox", "dracula", "tokyo-night", "solarized-light")
"""Through which `T` goes, and then through those of plugins; the palette has all."""


class Monitor(KeysInTurn):
    """One monitor of one host."""

    TITLE = "plughost"
    CSS = """
    NavLine { background: $panel; }
    KeyLine { background: $panel; }
    HeaderLine { background: $surface; }
    Toast { width: 60; max-width: 100%; }
    .-ascii Toast, Screen.-ascii Toast { border-left: ascii $primary; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*APP_BINDINGS]
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {
        "overview": Overview,
        "events": EventsScreen,
        "problems": ProblemsScreen,
        "store": StoreScreen,
        "host": HostScreen,
    }
    DEFAULT_MODE = "overview"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {MonitorCommands}
    COMMAND_PALETTE_BINDING = "ctrl+p"
    ENABLE_COMMAND_PALETTE = True

    def __init__(
        self,
        connect: Connect,
        tasks: TaskGroup,
        *,
        read_only: bool = False,
        ascii: bool = False,
        clock: Clock | None = None,
        retry_s: float = 1.0,
        folder: Path | None = None,
        place: Sequence[str] = (),
    ) -> None:
        no_color = "NO_COLOR" in os.environ
        # With the terminal's own colours Textual leaves all colour out where NO_COLOR is set.
        super().__init__(ansi_color=True if no_color else None)
        self.clock: Clock = clock or SystemClock()
        self.model = Model(self.clock)
        self.link = Link(connect, self.model, retry_s)
        self.tasks = tasks
        self.read_only = read_only
        self.paused = False
        self.acts = Acts(self)
        self.copying = Copying(self, place)
        self.contributed = Contributed(self)
        self.asked = Asked(self)
        self.unsaved = Unsaved(self)
        self.inks: Inks = inks_of({}, coloured=not no_color)
        self.said: list[str] = []
        """What was said lately, the newest last."""
        self._folder = folder or Path()
        self._ascii = AsciiFilter() if ascii else None
        self._filters_seen: tuple[LineFilter, ...] = ()

    @property
    def why_read_only(self) -> str:
        """What is said to whoever would change something where one may only look."""
        return "This monitor only looks: it was started with --read-only"

    @property
    def is_tiny(self) -> bool:
        """Whether the terminal has room for a line and no more."""
        return is_tiny(self.size)

    @property
    def is_ascii(self) -> bool:
        """Whether only ASCII is drawn."""
        return self._ascii is not None

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own, and the one for ASCII."""
        own = super().get_line_filters()
        return own if self._ascii is None else [*own, self._ascii]

    def on_mount(self) -> None:
        """Take the theme's inks, and begin to connect."""
        self._dip()
        self.theme_changed_signal.subscribe(self, lambda _: self._dip())
        self.start(self.link.run)

    def _dip(self) -> None:
        self.inks = inks_of(self.theme_variables, coloured=not self.no_color)
        for screen in self.screen_stack:
            for table in cast("Iterable[RowTable[Any]]", screen.query(RowTable)):
                table.repaint_all()
            screen.refresh(layout=True)

    def link_parts(self) -> Parts:
        """Return how the connection stands, for the header."""
        return link_parts(self.model, self.paused)

    # What screens ask for

    def look(self) -> None:
        """Take a sample for the plots, and see whether what plugins add or ask has changed."""
        self.model.sample()
        self.contributed.look()
        self.asked.look()

    def start(self, function: Callable[..., Coroutine[Any, Any, Any]], *args: Any) -> None:
        """Do something in the background, in the monitor's task group."""
        self.tasks.start_soon(function, *args)

    def say(self, text: str, severity: SeverityLevel = "information") -> None:
        """Tell the operator something in passing."""
        text = clean(text, lines=True)
        self.said = [*self.said[-20:], text]
        self.notify(text, severity=severity, markup=False, timeout=4 if severity == "information" else 8)

    def say_error(self, error: Exception) -> None:
        """Tell what failed, and what to do about it."""
        self.say(str(error) or type(error).__name__, "error")

    async def ask(self, dialog: ModalScreen[T]) -> T | None:
        """Ask, and wait for the answer."""
        answered = anyio.Event()
        answers: list[T | None] = []

        def take(answer: T | None) -> None:
            answers.append(answer)
            answered.set()

        self.push_screen(dialog, take)
        await answered.wait()
        return answers[0]

    def write_out(self, name: str, lines: Sequence[str], value: Any) -> None:
        """Ask for a file and write: JSON if its name ends so, else text."""
        if not lines:
            self.say("There is nothing here to write", "warning")
            return
        self.push_screen(WriteDialog(self._folder, name, lines, value, self.clock.wall()))

    def open_plugin(self, plugin: str, tab: str = "summary", *, at_s: float | None = None) -> None:
        """Open a plugin, at one of its tabs, and there at a moment."""
        if plugin not in self.model.plugins:
            self.say(f"There is no plugin {plugin} any more", "warning")
            return
        screen = self.screen
        if isinstance(screen, PluginScreen) and screen.plugin == plugin:
            screen.open_tab(tab, at_s=at_s)
        else:
            opened = PluginScreen(plugin, tab, self.current_mode, at_s=at_s)
            self.unsaved.then(lambda: self.push_screen(opened))

    def call_form(self, plugin: str, method: str = "", params: Mapping[str, Any] | None = None) -> None:
        """Let a method of a plugin be called."""
        from host.tui.call_dialog import CallDialog, PickMethod

        def call(page: MethodPage | None) -> None:
            if page is not None:
                self.push_screen(CallDialog(plugin, page, params))

        if self.acts.may():
            self.push_screen(PickMethod(plugin, method), call)

    def run_command(self, command: CommandRow) -> None:
        """Run a plugin's command; one that takes parameters gets a form first."""
        from host.tui.command_dialog import CommandDialog

        self.push_screen(CommandDialog(command))

    async def page_of(self, plugin: str) -> PluginPage | None:
        """Ask for all that is known of a plugin; None where it can't be had now."""
        facade = self.link.facade
        if facade is None:
            return None
        try:
            return cleaned(await facade.plugin(plugin))
        except (PlughostError, OSError):
            return None

    async def open_mode(self, mode: str) -> None:
        """Open one of the screens; a plugin's that is open is left."""

        def leave() -> AwaitMount | None:
            while len(self.screen_stack) > 1:
                self.pop_screen()
            return self.switch_mode(mode) if mode != self.current_mode else None

        opened = self.unsaved.then(leave)
        if opened is not None:
            await opened

    def set_filter(self, screen: MonitorScreen, text: str) -> None:
        """Put a filter into force, as if it had been typed."""
        bar = screen.query_one(FilterBar)
        bar.set(text)

    # Keys

    async def action_mode(self, mode: str) -> None:
        """Open a screen."""
        await self.open_mode(mode)

    def action_verb(self, verb: str) -> None:
        """Have something done to the chosen plugins."""
        screen = self.screen
        if isinstance(screen, MonitorScreen):
            self.acts.do(verb, screen.targets())

    async def action_store(self, what: str) -> None:
        """Say where plugins come from."""
        self.say(f"To {what} plugins a store is needed, and none is configured", "warning")
        await self.open_mode("store")

    async def action_quit(self) -> None:
        """End the monitor."""
        self.unsaved.then(self.exit)

    def action_pause(self) -> None:
        """Hold the picture, or let it go on."""
        self.paused = not self.paused
        self.say("Paused: the picture stands still, p goes on" if self.paused else "It goes on")

    def action_next_theme(self) -> None:
        """Take the next theme."""
        themes = [*THEMES, *self.contributed.themes]
        place = themes.index(self.theme) if self.theme in themes else -1
        self.contributed.chosen(themes[(place + 1) % len(themes)])

    def renew_theme(self) -> None:
        """Draw with the theme in force anew: its colours are others now."""
        self._watch_theme(self.theme)

    def action_help(self) -> None:
        """Show every key that does something here."""
        self.push_screen(ShowText("Keys", help_lines(self.screen, read_only=self.read_only)))
