"""CommandDialog: a command of a plugin, framed with its name: a form of its parameters, and what came back.

What the form can't show (a command that takes whatever it is given) is typed as JSON; `^o` changes between
the two. Nothing is sent while something that must be given is not.
"""

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import TextArea

from host.base_error import PlughostError
from host.facade.figures import took
from host.facade.pages import CommandRow
from host.tui.border import clean, cleaned
from host.tui.columns import Cell, Column
from host.tui.dialogs import Dialog
from host.tui.forms.edit_dialog import EditDialog
from host.tui.forms.fields import Field
from host.tui.forms.params import as_params, missing, params_of, value_faults
from host.tui.forms.typed import allowed, brief
from host.tui.inked import monitor
from host.tui.inked_lines import InkedLines, InkedText, Parts
from host.tui.json_lines import json_lines
from host.tui.table import RowTable

MAX_FORM_ROWS = 9


class CommandDialog(Dialog[None]):
    """The form of one command."""

    DEFAULT_CSS = """
    CommandDialog > Vertical { width: 100; height: 80%; border-title-color: $text; }
    CommandDialog > Vertical > InkedLines { height: 1; }
    CommandDialog #parameter { height: 2; }
    CommandDialog TextArea { height: 8; border: none; padding: 0 1; background: $boost; display: none; }
    CommandDialog TextArea:focus { border: none; }
    CommandDialog.-json TextArea { display: block; }
    CommandDialog.-json RowTable, CommandDialog.-json #parameter { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,f5", "send", "run", priority=True),
        Binding("ctrl+o", "shape", "as a form, or as JSON", priority=True),
        Binding("ctrl+y", "copy_cli", "copy as a command line", priority=True),
        Binding("space", "turn", "turn on or off, or take the next choice"),
        Binding("backspace,delete", "unset", "do not give it"),
    ]

    def __init__(self, command: CommandRow) -> None:
        super().__init__()
        self._command = command
        self._fields = params_of(command.params)
        self._given: dict[str, Any] = {}
        self._sending = False

    def compose(self) -> ComposeResult:
        """What it is for, its parameters, the answer."""
        columns: tuple[Column[Field], ...] = (
            Column("key", "PARAMETER", 14, self._key, stretch=1),
            Column("value", "VALUE", 16, self._value, stretch=2),
            Column("allowed", "ALLOWED", 16, self._allowed, stretch=2),
        )
        with Vertical():
            yield InkedLines(id="description")
            table = RowTable[Field](columns, empty="It takes no parameters.")
            table.styles.height = min(MAX_FORM_ROWS, max(2, len(self._fields))) + 1
            yield table
            yield InkedLines(id="parameter")
            yield TextArea(compact=True)
            yield InkedLines(id="answer-title")
            yield InkedText()
            yield InkedLines(id="hints")

    def on_mount(self) -> None:
        """Say whose it is."""
        command = self._command
        frame = self.query_one(Vertical)
        frame.border_title = Content(f" {clean(command.plugin)}: {clean(command.name)[:60]} ")
        self.query_one("#description", InkedLines).show([[(clean(command.description), "dim")]])
        keys = (("^s", "run"), ("Enter", "edit"), ("^o", "JSON or form"), ("^y", "copy as CLI"))
        named = (*keys, ("Esc", "close"))
        hints = [part for key, words in named for part in ((key, "title"), (f" {words}  ", "dim"))]
        self.query_one("#hints", InkedLines).show([hints])
        self._say([("Nothing was run yet", "dim")])
        self._table.show(self._fields)
        if not self._fields and command.params.get("additionalProperties"):
            self.action_shape()
        self._focus()
        self._show_field()

    @property
    def _table(self) -> RowTable[Field]:
        return cast("RowTable[Field]", self.query_one(RowTable))

    @property
    def _as_json(self) -> bool:
        return self.has_class("-json")

    def _focus(self) -> None:
        (self.query_one(TextArea) if self._as_json else self._table).focus()

    # Cells

    def _key(self, row: Field) -> Cell:
        return Cell(clean(row.key), "strong" if row.key in self._given else "plain")

    def _value(self, row: Field) -> Cell:
        if row.key in self._given:
            faults = value_faults(row, self._given[row.key])
            text = brief(row, self._given[row.key])
            return Cell(f"✖ {text}" if faults else text, "bad" if faults else "accent")
        if row.required:
            return Cell("▲ must be given", "warn")
        default = "default" in row.schema
        return Cell(f"{brief(row, row.schema['default'])} by default" if default else "–", "dim")

    def _allowed(self, row: Field) -> Cell:
        return Cell(allowed(row), "dim")

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        """Tell what the parameter is for."""
        event.stop()
        self._show_field()

    def _show_field(self) -> None:
        field = self._fields.get(self._table.cursor_key)
        lines: list[Parts] = []
        if field is not None:
            title = clean(field.title)
            lines.append([(f" {title}  ", "strong"), (clean(field.description), "plain")])
            faults = value_faults(field, self._given[field.key]) if field.key in self._given else []
            lines.append([(f" ✖ {clean('; '.join(faults))}", "bad")] if faults else [])
        self.query_one("#parameter", InkedLines).show(lines)

    # Editing

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Let it be typed."""
        event.stop()
        field = self._fields.get(event.key)
        if field is not None:
            monitor(self).start(self._edit, field)

    async def _edit(self, field: Field) -> None:
        async def check(value: Any) -> Sequence[str]:
            return value_faults(field, value)

        now = self._given.get(field.key, field.schema.get("default"))
        answer = await monitor(self).ask(EditDialog(field, now, check))
        if answer is not None:
            self._put(field, answer[0])

    def _put(self, field: Field, value: Any) -> None:
        self._given[field.key] = value
        self._changed()

    def action_turn(self) -> None:
        """Take the other of two, or the next of several; anything else is edited."""
        field = self._fields.get(self._table.cursor_key)
        if field is None or self._as_json:
            return
        turned = field.turned(self._given.get(field.key, field.schema.get("default")))
        if turned is None:
            self._table.action_open()
        else:
            self._put(field, turned[0])

    def action_unset(self) -> None:
        """Do not give it."""
        self._given.pop(self._table.cursor_key, None)
        self._changed()

    def _changed(self) -> None:
        self._say([])
        self._table.repaint_all()
        self._show_field()

    def action_shape(self) -> None:
        """Type all as JSON, or go back to the form with what was typed."""
        area = self.query_one(TextArea)
        if not self._as_json:
            area.load_text(json.dumps(self._params(), indent=2, ensure_ascii=False))
            self.add_class("-json")
        elif self._fields and (typed := self._typed()) is not None:
            given = flat(typed, self._fields)
            if as_params(given, self._fields, self._command.params) != typed:
                self._say([("The form has no place for all of this: it stays JSON", "warn")])
                return
            self._given = given
            self.remove_class("-json")
            self._table.repaint_all()
        self._focus()

    # Running

    def _params(self) -> dict[str, Any]:
        return as_params(self._given, self._fields, self._command.params)

    def _typed(self) -> dict[str, Any] | None:
        try:
            params = json.loads(self.query_one(TextArea).text or "{}")
        except (ValueError, RecursionError) as error:
            self._say([(f"The parameters are no JSON: {error}", "bad")])
            return None
        if not isinstance(params, dict):
            self._say([(f"The parameters must be a JSON object, not {type(params).__name__}", "bad")])
            return None
        return cast("dict[str, Any]", params)

    def _say(self, parts: Parts) -> None:
        self.query_one("#answer-title", InkedLines).show([parts])

    def _wanted(self) -> dict[str, Any] | None:
        """Return what would be sent; None, and say why, where that can't be."""
        if self._as_json:
            return self._typed()
        if lacking := missing(self._fields, self._given):
            self._say([(f"✖ {clean(', '.join(lacking))[:80]} must be given; nothing was run", "bad")])
            return None
        bad = [key for key, value in self._given.items() if value_faults(self._fields[key], value)]
        if bad:
            self._say([(f"✖ {clean(', '.join(bad))[:80]} does not fit; nothing was run", "bad")])
            return None
        return self._params()

    def action_send(self) -> None:
        """Run it."""
        params = self._wanted()
        if params is not None and not self._sending:
            monitor(self).start(self._send, params)

    async def _send(self, params: dict[str, Any]) -> None:
        facade = monitor(self).link.facade
        if facade is None:
            self._say([("There is no host to ask", "bad")])
            return
        self._sending = True
        self._say([("◐ it runs", "accent")])
        try:
            result = await facade.command_run(self._command.name, params, self._command.plugin)
        except (PlughostError, OSError) as error:
            said: Parts = [("✖ it failed", "bad")]
            shown: list[Parts] = [[(line, "bad")] for line in clean(str(error), lines=True).split("\n")]
        else:
            said = [("✓ done in ", "good"), (took(result.seconds), "plain")]
            shown = json_lines(cleaned(result.value))
        finally:
            self._sending = False
        if self.is_attached:
            self._say(said)
            self.query_one(InkedText).show(shown)

    def action_copy_cli(self) -> None:
        """Copy the command line of it."""
        params = self._wanted()
        if params is not None:
            name = f"{self._command.plugin}:{self._command.name}"
            given = shlex.quote(json.dumps(params, ensure_ascii=False)) if params else ""
            monitor(self).copy(f"plughost commands run {shlex.quote(name)} {given}".rstrip())


def flat(params: Mapping[str, Any], fields: Mapping[str, Field]) -> dict[str, Any]:
    """Return parameters by the keys of a form; what it has no field for is left out."""
    given: dict[str, Any] = {}
    for key in fields:
        value: Any = params
        for part in [key] if key in params else key.split("."):
            if not isinstance(value, Mapping) or part not in value:
                break
            value = cast("Mapping[str, Any]", value)[part]
        else:
            given[key] = value
    return given
