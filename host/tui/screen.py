"""MonitorScreen: what every screen of the monitor has: its frame, its pace, its filter and the common keys.

A screen paints from the model ten times a second while it is the one that is seen, and not while the monitor
is paused; what it follows beside the model it follows only while it is seen.
"""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from host.facade.filter_fields import Subject
from host.facade.filters import Filter, parse_filter
from host.tui.chrome import Banner, HeaderLine, KeyLine, NavLine, tiny_line
from host.tui.filter_bar import FilterBar
from host.tui.inked import monitor
from host.tui.inked_lines import InkedLines
from host.tui.keys import FIND_BINDINGS, OF_PLUGINS, changes, hinted
from host.tui.tiny import TOO_SMALL

TICK_S: Final = 0.1
TABLE_TICKS: Final = 5
"""A table is painted twice a second."""

PLOT_TICKS: Final = 10


class MonitorScreen(Screen[None]):
    """The frame; a screen fills `body` and `paint`."""

    DEFAULT_CSS = """
    MonitorScreen { layout: vertical; overflow: hidden; background: $background; color: $foreground; }
    MonitorScreen #tiny { display: none; }
    MonitorScreen.-tiny > * { display: none; }
    MonitorScreen.-tiny > #tiny { display: block; height: 1; }
    MonitorScreen.-lost .body { opacity: 55%; }
    MonitorScreen.-lost Banner { display: block; }
    MonitorScreen.-tiny.-lost Banner { display: none; }
    MonitorScreen.-zoomed .unzoomed { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *FIND_BINDINGS,
        Binding("escape", "back", "back", show=False),
    ]
    ALLOW_IN_MAXIMIZED_VIEW = ".chrome"
    AUTO_FOCUS = ""

    mode: ClassVar[str] = ""
    subject: ClassVar[Subject] = "plugin"
    filters: ClassVar[bool] = True
    """Whether there is something to filter."""

    def __init__(self) -> None:
        super().__init__()
        self.chosen: Filter = parse_filter("")
        self.context = False
        """Whether what the filter does not choose is shown too, dimmed."""
        self._ticks = 0
        self._timer: Timer | None = None

    @property
    def under(self) -> str:
        """The screen that is named as the open one."""
        return self.mode

    # What a screen fills

    def body(self) -> Iterable[Widget]:
        """The widgets between the frame's lines."""
        return ()

    def paint(self, ticks: int, at_once: bool) -> None:
        """Show what the model holds; `at_once` where something is new that must not wait for its turn."""

    def entered(self) -> None:
        """The screen is seen: follow what it shows."""

    def left(self) -> None:
        """The screen is not seen any more: let go what it followed."""

    def filtered(self) -> None:
        """Another filter is in force."""

    def targets(self) -> Sequence[str]:
        """Return the plugins that a verb acts on."""
        return ()

    def hints(self, action: str) -> bool:
        """Whether a key does something now, and may be hinted at."""
        app = monitor(self)
        if action == "filter":
            return self.can_filter
        if changes(action) and (app.read_only or app.model.link != "live"):
            return False
        return bool(self.targets()) or action.split("(", 1)[0] not in OF_PLUGINS

    def copied(self) -> str:
        """Return what is copied; empty if there is nothing."""
        return ""

    def command_line(self) -> str:
        """Return the command that does or shows the same; empty if there is none."""
        return ""

    def written(self) -> tuple[str, list[str], Any]:
        """Return a name, lines and a value of JSON of what is shown, for a file."""
        return self.mode, [], None

    def seek(self, step: int) -> bool:
        """Move to the next match; return whether there is one."""
        return False

    def seek_error(self, step: int) -> bool:
        """Move to the next error; return whether there is one."""
        return False

    # The frame

    def compose(self) -> ComposeResult:
        """The lines of the frame around the body."""
        yield HeaderLine(id="health", classes="chrome")
        nav = NavLine(self.under)
        nav.add_class("chrome", "unzoomed")
        yield nav
        yield Banner(classes="chrome")
        for widget in self.body():
            widget.add_class("body")
            yield widget
        bar = FilterBar(self.subject)
        bar.add_class("chrome")
        yield bar
        yield KeyLine(id="keys", classes="chrome")
        yield InkedLines(id="tiny")

    def on_mount(self) -> None:
        """Begin to paint."""
        self._timer = self.set_interval(TICK_S, self.tick)
        self._fit()
        self.focus_main()
        self.call_after_refresh(self.tick)

    def on_screen_resume(self) -> None:
        """Follow what is shown, and show it at once."""
        self.entered()
        self._ticks = 0
        self.call_after_refresh(self.tick)

    def on_screen_suspend(self) -> None:
        """Let go what was followed, unless only a question stands over the screen."""
        if not monitor(self).screen.is_modal:
            self.left()

    def on_resize(self) -> None:
        """Fold away what has no room."""
        self._fit()
        self._ticks = 0
        self.call_after_refresh(self.tick)

    def _fit(self) -> None:
        width, height = monitor(self).size
        self.set_class(monitor(self).is_tiny, "-tiny")
        self.set_class(height < 30, "-low")
        self.set_class(width < 100, "-narrow")

    def tick(self) -> None:
        """Paint, if this screen is seen."""
        app = monitor(self)
        if not self.is_running or self not in app.screen_stack[-2:]:
            return
        app.look()
        self.set_class(app.model.link == "lost", "-lost")
        if self._ticks == 0 and self.focused is None and not self.has_class("-tiny"):
            # What was hidden in a terminal that was tiny has lost the keys.
            self.focus_main()
        self._paint_frame()
        if not app.paused or self._ticks == 0:
            at_once = app.model.states_step != self._seen_states or self._ticks == 0
            self._seen_states = app.model.states_step
            self.paint(self._ticks, at_once)
        self._ticks += 1

    _seen_states = -1

    def _paint_frame(self) -> None:
        if self.has_class("-tiny"):
            app = monitor(self)
            self.query_one("#tiny", InkedLines).show([tiny_line(app.model, app.size.width)])
            return
        if self._ticks % TABLE_TICKS and monitor(self).model.states_step == self._seen_states:
            return
        self.query_one(HeaderLine).paint()
        self.query_one(NavLine).paint()
        self.query_one(Banner).paint()
        shown = (active.binding for active in self.active_bindings.values())
        self.query_one(KeyLine).paint(hinted(shown, self.hints))

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the filter's key to the line of text that is typed in."""
        return not (action == "filter" and self.is_typing)

    def on_key(self, event: events.Key) -> None:
        """Let no key change anything where no row is seen; those that only show something work on."""
        active = self.active_bindings.get(event.key)
        if self.has_class("-tiny") and active is not None and changes(active.binding.action):
            event.stop()
            monitor(self).say(TOO_SMALL, "warning")

    def action_filter(self) -> None:
        """Type a filter."""
        if self.can_filter:
            self.query_one(FilterBar).open()
        else:
            monitor(self).say("There is nothing to filter here", "warning")

    @property
    def can_filter(self) -> bool:
        """Whether there is something to filter, here and now."""
        return self.filters

    def on_filter_bar_chosen(self, event: FilterBar.Chosen) -> None:
        """Put a filter into force."""
        event.stop()
        self.chosen = event.chosen
        self.filtered()

    def on_filter_bar_left(self, event: FilterBar.Left) -> None:
        """Back to the rows."""
        event.stop()
        self.focus_main()

    def focus_main(self) -> None:
        """Give the keys to what the screen is about."""
        for widget in self.query(".main"):
            if widget.focusable and widget.display:
                widget.focus()
                return
        self.set_focus(None)

    def say_seen(self, seen: int, of: int) -> None:
        """Say in the filter's line how much it leaves."""
        self.query_one(FilterBar).say(seen, of)

    def action_context(self) -> None:
        """Hide what does not match, or dim it."""
        if not self.chosen:
            monitor(self).say("Nothing is filtered; / filters", "warning")
            return
        self.context = not self.context
        self.filtered()

    def action_seek(self, step: int) -> None:
        """Go to the next match."""
        if not self.seek(step):
            monitor(self).say("There is no other match", "warning")

    def action_seek_error(self, step: int) -> None:
        """Go to the next error."""
        if not self.seek_error(step):
            monitor(self).say("There is no other error", "information")

    def action_back(self) -> None:
        """Clear the filter, or leave the screen."""
        if self.has_class("-zoomed"):
            self.action_zoom()
        elif self.chosen:
            self.query_one(FilterBar).action_give_up()
        elif len(monitor(self).screen_stack) > 1:
            monitor(self).unsaved.then(lambda: monitor(self).pop_screen(), self)

    def action_zoom(self) -> None:
        """Give all the room to what the screen is about, or take it back."""
        self.toggle_class("-zoomed")
        self._ticks = 0

    def action_copy(self) -> None:
        """Copy what is under the cursor, or marked."""
        monitor(self).copying.text(self.copied(), lacking="There is nothing to copy here")

    def action_copy_cli(self) -> None:
        """Copy the command line that does the same."""
        monitor(self).copying.command(self.command_line())

    def action_write(self) -> None:
        """Write what is shown to a file."""
        monitor(self).write_out(*self.written())

    @property
    def is_typing(self) -> bool:
        """Whether keys go into a line of text."""
        return isinstance(self.focused, Input)
