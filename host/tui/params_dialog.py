"""ParamsDialog: what a plugin is to be given, framed with its name: a form of a JSON Schema, and the answer.

What the form can't show (whatever may be given) is typed as JSON; `^o` changes between the two. Nothing is
sent while something that must be given is not. What is sent, and to whom, is said by those who inherit.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import TextArea

from host.base_error import PlughostError
from host.facade.facade import Facade
from host.tui.border import clean
from host.tui.dialogs import Dialog
from host.tui.forms.edit_dialog import EditDialog
from host.tui.forms.fields import Field
from host.tui.forms.param_columns import param_columns
from host.tui.forms.params import as_params, flat, missing, params_of, typed_params, value_faults
from host.tui.inked import monitor
from host.tui.inked_lines import InkedLines, InkedText, Parts, fitting
from host.tui.log_lines import wrapped
from host.tui.table import RowTable

MAX_FORM_ROWS = 9
WIDTH = 100


class ParamsDialog(Dialog[None]):
    """The form of one schema."""

    DEFAULT_CSS = """
    ParamsDialog > Vertical { width: 100; height: 80%; border-title-color: $text; }
    ParamsDialog > Vertical > InkedLines { height: 1; }
    ParamsDialog #parameter { height: 2; }
    ParamsDialog TextArea { height: 8; border: none; padding: 0 1; background: $boost; display: none; }
    ParamsDialog TextArea:focus { border: none; }
    ParamsDialog.-json TextArea { display: block; }
    ParamsDialog.-json RowTable, ParamsDialog.-json #parameter { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,f5", "send", "send", priority=True),
        Binding("ctrl+o", "shape", "as a form, or as JSON", priority=True),
        Binding("ctrl+y", "copy_cli", "copy as a command line", priority=True),
        Binding("space", "turn", "turn on or off, or take the next choice"),
        Binding("backspace,delete", "unset", "do not give it"),
    ]

    plugin = ""
    """Whose words they are."""
    heading = ""
    """Clean; stands in the frame behind the plugin's name."""
    nothing = "It takes no parameters."
    words = "run"
    done = "run"

    def __init__(self, schema: Mapping[str, Any]) -> None:
        super().__init__()
        self._schema = schema
        self.fields = params_of(schema)
        """By key, in the schema's order."""
        self.given: dict[str, Any] = {}
        """What was typed or chosen so far, by key."""
        self._sending = False

    def compose(self) -> ComposeResult:
        """What it is for, its parameters, the answer."""
        with Vertical():
            yield InkedLines(id="description")
            table = RowTable[Field](param_columns(lambda: self.given), empty=self.nothing)
            table.styles.height = min(MAX_FORM_ROWS, max(2, len(self.fields))) + 1
            yield table
            yield InkedLines(id="parameter")
            yield TextArea(compact=True)
            yield InkedLines(id="answer-title")
            yield InkedText()
            yield InkedLines(id="hints")

    def on_mount(self) -> None:
        """Say whose it is."""
        self.query_one(Vertical).border_title = Content(f" {clean(self.plugin)}{self.heading} ")
        self.say([(f"Nothing was {self.done} yet", "dim")])
        self._table.show(self.fields)
        if not self.fields and self._schema.get("additionalProperties"):
            self.action_shape()
        self._focus()
        self._show_field()

    def on_resize(self) -> None:
        """Say what it is about, and the keys, in the room that there is."""
        lines, about = self.about(), self.query_one("#description", InkedLines)
        about.styles.height = max(1, len(lines))
        about.show(lines)
        self.show_keys()

    def show_keys(self) -> None:
        """Show the keys that do something now, as many as there is room for."""
        hints: list[tuple[int, Parts]] = [
            (number, [(key, "title"), (f" {words}", "dim")])
            for number, (key, words) in enumerate(self.keys())
        ]
        self.query_one("#hints", InkedLines).show([fitting(hints, self.room)])

    @property
    def room(self) -> int:
        """Cells of a line in the frame."""
        return min(WIDTH, self.size.width * 96 // 100) - 4

    @property
    def _table(self) -> RowTable[Field]:
        return cast("RowTable[Field]", self.query_one(RowTable))

    @property
    def _as_json(self) -> bool:
        return self.has_class("-json")

    def _focus(self) -> None:
        (self.query_one(TextArea) if self._as_json else self._table).focus()

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        """Tell what the parameter is for."""
        event.stop()
        self._show_field()

    def _show_field(self) -> None:
        field = self.fields.get(self._table.cursor_key)
        lines: list[Parts] = []
        if field is not None:
            title = clean(field.title)
            lines.append([(f" {title}  ", "strong"), (clean(field.description), "plain")])
            faults = value_faults(field, self.given[field.key]) if field.key in self.given else []
            lines.append([(f" ✖ {clean('; '.join(faults))}", "bad")] if faults else [])
        self.query_one("#parameter", InkedLines).show(lines)

    # Editing

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Let it be typed."""
        event.stop()
        field = self.fields.get(event.key)
        if field is not None:
            monitor(self).start(self._edit, field)

    async def _edit(self, field: Field) -> None:
        async def check(value: Any) -> Sequence[str]:
            return value_faults(field, value)

        now = self.given.get(field.key, field.schema.get("default"))
        answer = await monitor(self).ask(EditDialog(field, now, check))
        if answer is not None:
            self._put(field, answer[0])

    def _put(self, field: Field, value: Any) -> None:
        self.given[field.key] = value
        self._changed()

    def action_turn(self) -> None:
        """Take the other of two, or the next of several; anything else is edited."""
        field = self.fields.get(self._table.cursor_key)
        if field is None or self._as_json:
            return
        turned = field.turned(self.given.get(field.key, field.schema.get("default")))
        if turned is None:
            self._table.action_open()
        else:
            self._put(field, turned[0])

    def action_unset(self) -> None:
        """Do not give it."""
        self.given.pop(self._table.cursor_key, None)
        self._changed()

    def _changed(self) -> None:
        self.say([])
        self._table.repaint_all()
        self._show_field()

    def action_shape(self) -> None:
        """Type all as JSON, or go back to the form with what was typed."""
        area = self.query_one(TextArea)
        if not self._as_json:
            area.load_text(json.dumps(self._params(), indent=2, ensure_ascii=False))
            self.add_class("-json")
        elif self.fields and (typed := self._typed()) is not None:
            given = flat(typed, self.fields)
            if as_params(given, self.fields, self._schema) != typed:
                self.say([("The form has no place for all of this: it stays JSON", "warn")])
                return
            self.given = given
            self.remove_class("-json")
            self._table.repaint_all()
        self._focus()

    # Running

    def _params(self) -> dict[str, Any]:
        return as_params(self.given, self.fields, self._schema)

    def _typed(self) -> dict[str, Any] | None:
        try:
            return typed_params(self.query_one(TextArea).text)
        except ValueError as error:
            self.say([(str(error), "bad")])
            return None

    def say(self, parts: Parts) -> None:
        """Say in a line what came of it, or what hinders."""
        self.query_one("#answer-title", InkedLines).show([parts])

    def _wanted(self) -> dict[str, Any] | None:
        """Return what would be sent; None, and say why, where that can't be."""
        if self._as_json:
            return self._typed()
        if lacking := missing(self.fields, self.given):
            self.say([(f"✖ {clean(', '.join(lacking))[:80]} must be given; nothing was {self.done}", "bad")])
            return None
        bad = [key for key, value in self.given.items() if value_faults(self.fields[key], value)]
        if bad:
            self.say([(f"✖ {clean(', '.join(bad))[:80]} does not fit; nothing was {self.done}", "bad")])
            return None
        return self._params()

    def action_send(self) -> None:
        """Send it."""
        params = self._wanted()
        if params is not None:
            self.attempt(lambda facade: self.sent(facade, params))

    def attempt(self, what: Callable[[Facade], Awaitable[tuple[Parts, Sequence[Parts]]]]) -> None:
        """Have something done in the background, unless something is; show what came of it, and came back."""
        if not self._sending:
            monitor(self).start(self._attempt, what)

    async def _attempt(self, what: Callable[[Facade], Awaitable[tuple[Parts, Sequence[Parts]]]]) -> None:
        facade = monitor(self).link.facade
        if facade is None:
            self.say([("There is no host to ask", "bad")])
            return
        self._sending = True
        self.say([("◐ under way", "accent")])
        try:
            said, shown = await what(facade)
        except (PlughostError, OSError) as error:
            said = [("✖ it failed", "bad")]
            texts = clean(str(error), lines=True).split("\n")
            shown = [[(line, "bad")] for text in texts for line in wrapped(text, self.room)]
        finally:
            self._sending = False
        if self.is_attached:
            self.say(said)
            self.query_one(InkedText).show(shown)

    def action_copy_cli(self) -> None:
        """Copy the command line of it."""
        params = self._wanted()
        if params is not None:
            monitor(self).copying.command(self.command_line(params))

    # What is sent

    def about(self) -> Sequence[Parts]:
        """Return what is said above the form."""
        raise NotImplementedError

    def keys(self) -> Sequence[tuple[str, str]]:
        """Return the keys that do something now."""
        return (("^s", self.words), ("Enter", "edit"), ("Esc", "close"), *self.more_keys())

    def more_keys(self) -> Sequence[tuple[str, str]]:
        """Return the keys that are hinted at behind the first ones, where there is room."""
        return (("^o", "JSON or form"), ("^y", "copy as CLI"))

    async def sent(self, facade: Facade, params: dict[str, Any]) -> tuple[Parts, Sequence[Parts]]:
        """Send it; return what came of it, and what came back. Raises PlughostError, OSError."""
        raise NotImplementedError

    def command_line(self, params: Mapping[str, Any]) -> str:
        """Return the same on the command line."""
        raise NotImplementedError
