"""ConfigTab: a plugin's configuration as a form; changes are collected, checked by the host, and saved.

Nothing reaches the plugin before `ctrl+s` and a yes to the differences; another's change that came first is
told, and what was typed stays.
"""

import shlex
from collections.abc import Sequence
from typing import Any, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from host.base_error import PlughostError
from host.facade.config_pages import ConfigPage
from host.tui.border import clean
from host.tui.columns import Cell, Column
from host.tui.forms.draft import Draft, faults_at
from host.tui.forms.edit_dialog import EditDialog
from host.tui.forms.field_lines import field_lines, group_lines
from host.tui.forms.fields import Field, fields_of
from host.tui.forms.groups import Group, grouped, or_heading
from host.tui.forms.saving import save, show_history, undo
from host.tui.forms.status import nothing_to_set, status_of
from host.tui.forms.typed import brief
from host.tui.inked import monitor
from host.tui.inked_lines import InkedLines, fitting
from host.tui.keys import ACT, SHOW
from host.tui.pane_dialog import PaneDialog
from host.tui.table import RowTable
from host.tui.tabs.tab import PluginTab


class ConfigTab(PluginTab):
    """The fields, one in a line, and what is known of the one under the cursor."""

    DEFAULT_CSS = "ConfigTab #config-field { height: 3; } ConfigTab #config-status { height: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "config_turn", "turn on or off, or take the next choice", group=ACT, show=False),
        Binding("backspace,delete", "config_unset", "back to the default", group=ACT, show=False),
        Binding("ctrl+z", "config_forget", "forget what was typed here", group=ACT, show=False),
        Binding("ctrl+s,f5", "config_save", "save", group=ACT),
        Binding("U", "config_undo", "take the last saved change back", group=ACT, show=False),
        Binding("H", "config_history", "history", group=SHOW),
        Binding("g", "reload", "read again", group=SHOW),
    ]

    def __init__(self, plugin: str) -> None:
        super().__init__(plugin)
        self._page: ConfigPage | None = None
        self._fields: dict[str, Field] = {}
        self._contributed: int = -1
        self._draft = Draft()
        self._asked = 0

    def compose(self) -> ComposeResult:
        """The table, what is known of a field, how it stands."""
        columns: tuple[Column[Field | Group], ...] = (
            Column("key", "KEY", 14, or_heading("key", self._key), stretch=2),
            Column("value", "VALUE", 16, or_heading("value", self._value), stretch=3),
            Column("origin", "FROM", 11, or_heading("origin", self._origin), stretch=1, fold=2),
            Column("fault", "", 12, or_heading("fault", self._fault_of), stretch=3),
        )
        table = RowTable[Field | Group](columns, empty="")
        table.add_class("main")
        yield table
        yield InkedLines(id="config-field")
        yield InkedLines(id="config-status")

    # Cells

    def _key(self, row: Field) -> Cell:
        mark = "*" if row.key in self._draft else " "
        return Cell(mark + clean(row.key), "accent" if mark == "*" else "strong")

    def _value(self, row: Field) -> Cell:
        if row.key in self._draft.changes:
            return Cell(brief(row, self._draft.changes[row.key]), "accent")
        if row.key in self._draft.unset:
            return Cell("back to the default", "accent")
        return Cell(brief(row, row.value, row.has_value), "plain" if row.has_value else "dim")

    def _origin(self, row: Field) -> Cell:
        changed = row.key in self._draft
        return Cell("not saved" if changed else clean(row.origin), "accent" if changed else "dim")

    def _fault_of(self, row: Field) -> Cell:
        faults = self._draft.faults_at(row.key)
        if faults:
            return Cell(f"✖ {clean(faults[0])}", "bad")
        return Cell("restarts the plugin", "warn") if row.restarts else Cell("")

    @property
    def table(self) -> RowTable[Field | Group]:
        """The fields."""
        return cast("RowTable[Field | Group]", self.query_one(RowTable))

    @property
    def chosen_field(self) -> Field | None:
        """The one under the cursor."""
        return self._fields.get(self.table.cursor_key)

    def _lines(self) -> dict[str, Field | Group]:
        """Return the fields under the settings pages that the plugin contributes."""
        contributed = monitor(self).contributed
        self._contributed = contributed.step
        return grouped(self._fields, contributed.of(self.plugin, "settings_page"))

    # Reading

    def action_reload(self) -> None:
        """Read it again; what was typed stays."""
        monitor(self).start(self.read)

    async def read(self) -> None:
        """Ask for it, and have what was typed held against it."""
        page = await self.ask(lambda facade: facade.config(self.plugin))
        if page is not None:
            self._page = page
            self._fields = fields_of(page)
            self.table.empty = nothing_to_set(page)
        await self._look()

    async def _look(self) -> None:
        """Have what was typed checked, and show it."""
        facade = monitor(self).link.facade
        self._asked += 1
        number = self._asked
        if facade is not None and not self.fault:
            try:
                found = await facade.config_check(self.plugin, *self._draft.wanted())
            except (PlughostError, OSError) as error:
                monitor(self).say_error(error)
                found = None
            if number != self._asked:
                return
            self._draft.check = found
        if self.is_attached:
            self.table.show(self._lines())
            self.table.repaint_all()
            self.paint(0, True)

    def paint(self, ticks: int, at_once: bool) -> None:
        """Show the field under the cursor, and how many changes there are."""
        if self._contributed != monitor(self).contributed.step:
            self.table.show(self._lines())
        field = self.chosen_field
        group = self._lines().get(self.table.cursor_key) if field is None else None
        lines = group_lines(group) if isinstance(group, Group) else []
        if field is not None:
            lines = field_lines(field, self._draft.faults_at(field.key))
        self.query_one("#config-field", InkedLines).show(lines)
        may = bool(self._fields) and not monitor(self).read_only
        status = status_of(self._page, self._draft, fault=self.fault, may=may)
        self.query_one("#config-status", InkedLines).show([fitting(status, self.size.width)])

    # Changing

    def _may(self, field: Field | None) -> bool:
        app = monitor(self)
        if app.read_only:
            app.say(app.why_read_only, "warning")
        elif field is not None and field.read_only:
            app.say(f"{field.key} is set by the plugin alone", "warning")
        return field is not None and not app.read_only and not field.read_only

    def _put(self, field: Field, value: Any) -> None:
        self._draft.put(field, value)
        monitor(self).start(self._look)

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Let it be typed."""
        event.stop()
        field = self._fields.get(event.key)
        if field is not None and self._may(field):
            monitor(self).start(self._edit, field)
        group = self._lines().get(event.key)
        if isinstance(group, Group) and group.page is not None and group.shows:
            monitor(self).push_screen(PaneDialog(self.plugin, clean(group.title)[:60], [group.page]))

    async def _edit(self, field: Field) -> None:
        async def check(value: Any) -> Sequence[str]:
            facade = monitor(self).link.facade
            if facade is None:
                return ("there is no host to ask",)
            try:
                unset = tuple(self._draft.unset - {field.key})
                found = await facade.config_check(
                    self.plugin, self._draft.changes | {field.key: value}, unset
                )
            except (PlughostError, OSError) as error:
                return (str(error),)
            return faults_at(found, field.key)

        now = self._draft.changes.get(field.key, field.value)
        answer = await monitor(self).ask(EditDialog(field, now, check))
        if answer is not None:
            self._put(field, answer[0])

    def action_config_turn(self) -> None:
        """Take the other of two, or the next of several; anything else is edited."""
        field = self.chosen_field
        if field is not None and self._may(field):
            turned = field.turned(self._draft.changes.get(field.key, field.value))
            self._put(field, turned[0]) if turned is not None else self.table.action_open()

    def action_config_unset(self) -> None:
        """Let the layers below give this value again."""
        field = self.chosen_field
        if field is not None and self._may(field):
            self._draft.default(field.key)
            monitor(self).start(self._look)

    def action_config_forget(self) -> None:
        """Forget what was typed for this field."""
        field = self.chosen_field
        if field is not None:
            self._draft.forget(field.key)
            monitor(self).start(self._look)

    def action_config_save(self) -> None:
        """Show the differences, and save after a yes."""
        app = monitor(self)
        if app.read_only:
            app.say(app.why_read_only, "warning")
        elif not len(self._draft):
            app.say("Nothing was changed")
        else:
            app.start(self.save)

    @property
    def unsaved(self) -> int:
        """Changes that were typed."""
        return len(self._draft)

    def discard(self) -> None:
        """Forget all that was typed."""
        self._draft.clear()
        monitor(self).start(self._look)

    async def save(self) -> bool:
        """Show the differences, and save after a yes; return whether nothing is left to be saved."""
        app, page = monitor(self), self._page
        await self._look()
        if page is None or self.fault:
            app.say(self.fault or "There is no host to ask", "warning")
        elif await save(app, page, self._draft, self._fields):
            await self.read()
        return not len(self._draft)

    def action_config_undo(self) -> None:
        """Take the last saved change back."""
        app = monitor(self)
        if app.read_only:
            app.say(app.why_read_only, "warning")
        else:
            app.start(self._undo)

    async def _undo(self) -> None:
        await undo(monitor(self), self._page, self._fields)
        await self.read()

    def action_config_history(self) -> None:
        """Show who changed what, and when."""
        monitor(self).start(show_history, monitor(self), self.plugin, self._fields)

    # What screens ask for

    def hints(self, action: str) -> bool:
        """Whether there is something to save."""
        return action != "config_save" or bool(self._fields)

    def copied(self) -> str:
        """The field under the cursor, with its value; a secret hidden."""
        field = self.chosen_field
        return f"{field.key} = {brief(field, field.value, field.has_value)}" if field is not None else ""

    def command_line(self) -> str:
        """The command that shows it."""
        return f"plughost config get {shlex.quote(self.plugin)}"

    def written(self) -> tuple[str, list[str], Any]:
        """Every value in force; secrets hidden."""
        shown = [f"{f.key} = {brief(f, f.value, f.has_value)}" for f in self._fields.values()]
        return f"{self.plugin}-config", shown, self._page.values if self._page is not None else {}
