"""InspectScreen: what a plugin can be asked, the form of one of it, what came back, the wire and the log.

Asks through its subject alone. One thing is asked at a time; what is under way can be cancelled.
"""

from typing import Any, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen

from host.base_error import PlughostError
from host.facade.tails import TailQuery
from host.tui.border import clean
from host.tui.chrome import KeyLine
from host.tui.forms.edit_dialog import EditDialog
from host.tui.inked import monitor
from host.tui.inked_lines import InkedLines, InkedText, Parts, fitting
from host.tui.inspector.asker import Asker
from host.tui.inspector.chrome import TABS, PluginLine, TabLine, paint_keys
from host.tui.inspector.keys import INSPECT_BINDINGS
from host.tui.inspector.parameters import WHOLE, Parameters, copied, entries_of, field_line, shown_askings
from host.tui.inspector.pick_list import Entry, PickList
from host.tui.inspector.subject import Asking, Subject
from host.tui.inspector.wire_view import Frames
from host.tui.link import Feed
from host.tui.log_view import LogView

TICK_S: Final = 0.1
LAST_LINES: Final = 500


class InspectScreen(Screen[None]):
    """The only screen of the inspector."""

    DEFAULT_CSS = """
    InspectScreen { layout: vertical; background: $background; color: $foreground; }
    InspectScreen #head, InspectScreen #form-title, InspectScreen #tabs, InspectScreen #status { height: 1; }
    InspectScreen #head { background: $surface; }
    InspectScreen #left { width: 34; border-right: solid $panel; }
    InspectScreen #form { height: 30%; min-height: 4; }
    InspectScreen #tabs { background: $panel; }
    InspectScreen.-narrow #left { width: 26; }
    InspectScreen.-zoomed .unzoomed { display: none; }
    .-ascii InspectScreen #left, InspectScreen.-ascii #left { border-right: ascii $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*INSPECT_BINDINGS]
    AUTO_FOCUS = "#offers"

    def __init__(self, subject: Subject) -> None:
        super().__init__()
        self._subject = subject
        self._askings: dict[str, Asking] = {}
        self._forms: dict[str, Parameters] = {}
        self._frames = Frames()
        self._painted_frames = 0
        self._tab = "answer"
        self._asker = Asker(subject, self._say, self._show_answer)
        self._reloading = False
        self._seen_pid: int | None = None
        self._feed: Feed | None = None

    def compose(self) -> ComposeResult:
        """Head, list, form, tabs, keys."""
        yield PluginLine(id="head")
        with Horizontal():
            with Vertical(id="left", classes="unzoomed"):
                yield PickList(id="offers")
            with Vertical(id="right"):
                yield InkedLines(id="form-title", classes="unzoomed")
                yield PickList(id="form", classes="unzoomed")
                yield TabLine(id="tabs")
                yield InkedLines(id="status")
                yield InkedText(id="answer")
                yield InkedText(id="wire")
                yield LogView(named=False, id="log")
        yield KeyLine(id="keys")

    def on_mount(self) -> None:
        """Follow the wire and the log, and ask what there is."""
        app = monitor(self)
        self._subject.take = self._frames.take
        self.query_one("#log", LogView).empty = "No lines yet. What it logs, and what it prints, comes here."
        self._feed = Feed(app.tasks, app.link)
        query = TailQuery(source="logs", plugins=(self._subject.plugin,), last=LAST_LINES)
        held = self.query_one("#log", LogView).held
        self._feed.tail(query, held.take, lambda _: None)
        self._say([("Enter opens a value, s sends", "dim")])
        self.action_open("answer")
        self.set_interval(TICK_S, self._tick)

    def on_unmount(self) -> None:
        """Let go what was followed."""
        self._subject.take = None
        if self._feed is not None:
            self._feed.close()

    def on_resize(self) -> None:
        """Give the list less room where there is little."""
        self.set_class(monitor(self).size.width < 100, "-narrow")

    # What is seen

    def _tick(self) -> None:
        self.query_one(PluginLine).paint(self._subject.plugin, reloading=self._reloading)
        row = monitor(self).model.plugins.get(self._subject.plugin)
        if row is not None and row.state == "active" and row.pid != self._seen_pid:
            # Another run may offer something else.
            self._seen_pid = row.pid
            monitor(self).start(self._discover)
        self._paint_tabs()
        if self._tab == "wire" and self._painted_frames != self._frames.count:
            self._paint_wire()
        self.query_one("#log", LogView).paint()
        paint_keys(self, self.query_one(KeyLine))

    def _paint_tabs(self) -> None:
        self.query_one(TabLine).paint(self._tab, {"wire": self._frames.count})

    def _paint_wire(self) -> None:
        self._painted_frames = self._frames.count
        view = self.query_one("#wire", InkedText)
        at_end = view.scroll_offset.y >= view.virtual_size.height - view.size.height - 1
        view.show(self._frames.lines() or [[("Nothing was said yet", "dim")]])
        if at_end:
            view.scroll_end(animate=False, force=True)

    def _paint_form(self) -> None:
        asking = self._asking
        title, form = self.query_one("#form-title", InkedLines), self.query_one("#form", PickList)
        if asking is None:
            title.show([[(" Nothing to ask", "dim")]])
            form.show([])
            return
        params = self._params(asking)
        said: list[tuple[int, Parts]] = [
            (0, [(f" {clean(asking.name)}", "strong")]),
            (1, [(asking.kind, "dim")]),
        ]
        if asking.description:
            said.append((2, [(clean(asking.description), "dim")]))
        title.show([fitting(said, title.size.width or 80)])
        faults = dict(reversed(self._subject.faults(asking, params.values)))
        form.show([Entry(key, field_line(one, faults.get(key, ""))) for key, one in params.fields().items()])

    def _say(self, parts: Parts) -> None:
        if self.is_attached:
            self.query_one("#status", InkedLines).show([[(" ", "plain"), *parts]])

    def _show_answer(self, lines: list[Parts]) -> None:
        if self.is_attached:
            self.query_one("#answer", InkedText).show(lines)

    # What there is to ask

    @property
    def _asking(self) -> Asking | None:
        key = self.query_one("#offers", PickList).key
        return None if key is None else self._askings.get(key)

    def _params(self, asking: Asking) -> Parameters:
        found = self._forms.get(asking.key)
        if found is None or found.asking.schema != asking.schema:
            made = Parameters(asking)
            if found is not None:
                # What was typed outlives an edit of the plugin.
                made.values |= found.values
            found = self._forms[asking.key] = made
        return found

    async def _discover(self) -> None:
        await monitor(self).link.live()
        try:
            askings = shown_askings(await self._subject.asked())
        except (PlughostError, OSError) as error:
            self._asker.failed(error, "it can't be asked what there is")
            return
        if not self.is_mounted:
            return
        self._askings = {one.key: one for one in askings}
        self.query_one("#offers", PickList).show(entries_of(askings))
        self._paint_form()

    @on(PickList.Moved, "#offers")
    def _moved(self) -> None:
        self._paint_form()

    @on(PickList.Picked, "#offers")
    def _chosen(self) -> None:
        form = self.query_one("#form", PickList)
        if self.focused is form:
            # A second Enter came before the first was done: it was meant for the form.
            form.action_pick()
        self.set_focus(form)

    @on(PickList.Picked, "#form")
    def _edit(self, event: PickList.Picked) -> None:
        asking = self._asking
        if asking is not None:
            monitor(self).start(self._edit_field, asking, event.key)

    async def _edit_field(self, asking: Asking, key: str) -> None:
        params = self._params(asking)
        field = params.fields()[key]

        async def check(value: Any) -> list[str]:
            tried = Parameters(asking)
            tried.values = copied(params.values)
            if fault := tried.put(key, value):
                return [fault]
            return [
                why for place, why in self._subject.faults(asking, tried.values) if place == key or not key
            ]

        answer = await monitor(self).ask(EditDialog(field, field.value, check))
        if answer is not None:
            if fault := params.put(key, answer[0]):
                monitor(self).say(fault, "warning")
            self._paint_form()

    # Keys

    def action_whole(self) -> None:
        """Edit all parameters as one JSON object."""
        asking = self._asking
        if asking is not None:
            monitor(self).start(self._edit_field, asking, WHOLE)

    def action_drop(self) -> None:
        """Send the value under the cursor no more."""
        asking, key = self._asking, self.query_one("#form", PickList).key
        if asking is not None and key is not None:
            self._params(asking).drop(key)
            self._paint_form()

    def action_send(self) -> None:
        """Ask it."""
        asking = self._asking
        if asking is not None:
            self._asker.begin(monitor(self), asking, copied(self._params(asking).values))

    def action_again(self) -> None:
        """Ask the last thing again, as it was."""
        self._asker.again(monitor(self))

    def action_cancel(self) -> None:
        """Give up what is under way."""
        self._asker.cancel(monitor(self))

    def action_reload(self) -> None:
        """Take an edit over."""
        if not self._reloading:
            self._reloading = True
            monitor(self).start(self._reload)

    def action_tab(self, step: int) -> None:
        """Open the next tab."""
        names = [name for name, _ in TABS]
        self.action_open(names[(names.index(self._tab) + step) % len(names)])

    def action_open(self, name: str) -> None:
        """Open a tab."""
        focused = self.focused is not None and self.focused.id == self._tab
        self._tab = name
        for other, _ in TABS:
            self.query_one(f"#{other}").display = other == name
        self._painted_frames = -1
        if focused:
            self.query_one(f"#{name}").focus()

    def action_zoom(self) -> None:
        """Give the tab all the room, or no longer."""
        self.toggle_class("-zoomed")
        self.query_one(f"#{self._tab}").focus()

    def action_copy(self) -> None:
        """Copy what the open tab shows."""
        view = self.query_one(f"#{self._tab}")
        text = "\n".join(view.texts()) if isinstance(view, LogView) else getattr(view, "text", "")
        monitor(self).copying.text(text, lacking="There is nothing here to copy")

    def action_copy_cli(self) -> None:
        """Copy the command that asks the same."""
        asking = self._asking
        if asking is not None:
            monitor(self).copying.text(self._subject.command_line(asking, self._params(asking).values))

    # Asking

    async def _reload(self) -> None:
        try:
            await self._subject.reload()
        except (PlughostError, OSError) as error:
            self._asker.failed(error, "not reloaded")
        else:
            self._say([("✓ reloaded", "good")])
        finally:
            self._reloading = False
