"""EditDialog: one value of a configuration, typed in the way that fits it; checked while it is typed."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input, OptionList, TextArea

from host.tui.border import clean
from host.tui.dialogs import Dialog
from host.tui.forms.fields import Field
from host.tui.forms.typed import allowed, brief, read, read_json, types_safely, written
from host.tui.inked import monitor
from host.tui.inked_lines import InkedLines, Parts

CHECK_S: Final = 0.3
"""After the last key, before the host is asked."""

Check = Callable[[Any], Awaitable[Sequence[str]]]
"""Tells what is wrong with a value of this field."""


class EditDialog(Dialog[tuple[Any]]):
    """Answers with the value in a tuple of one; None for no change."""

    DEFAULT_CSS = """
    EditDialog > Vertical { width: 90; }
    EditDialog TextArea { height: 10; border: none; padding: 0 1; background: $boost; }
    EditDialog TextArea:focus { border: none; }
    EditDialog OptionList { height: auto; max-height: 12; border: none; background: $boost; }
    EditDialog #fault { height: 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,f5", "take", "take it", priority=True),
        Binding("ctrl+n", "null", "null", priority=True),
        Binding("ctrl+o", "variant", "next shape", priority=True),
    ]

    def __init__(self, field: Field, value: Any, check: Check) -> None:
        super().__init__()
        self._field = field
        self._value = value
        self._check = check
        self._raw = not types_safely(value)
        """Whether it is typed as JSON because it holds what a terminal would obey."""
        self._variant = -1
        self._waiting: Timer | None = None
        self._asked = 0

    def compose(self) -> ComposeResult:
        """What it is, the value, what is wrong with it."""
        field = self._field
        with Vertical():
            yield InkedLines(id="what")
            if field.shape == "choice" or field.shape == "boolean":
                options = OptionList(
                    *(Content(brief(field, one)) for one in self._options()), compact=True, markup=False
                )
                yield options
            elif (field.shape in ("lines", "list", "json") or self._raw) and not field.secret:
                yield TextArea(written(field, self._value), compact=True)
            else:
                yield Input(written(field, self._value), password=field.secret, compact=True)
            yield InkedLines(id="fault")
            yield InkedLines(id="hints")

    def _options(self) -> list[Any]:
        found = [True, False] if self._field.shape == "boolean" else list(self._field.choices)
        return [*found, None] if self._field.nullable and None not in found else found

    def on_mount(self) -> None:
        """Say what is asked for."""
        field = self._field
        key = f"  {clean(field.key)}" if field.title != field.key else ""
        said: list[Parts] = [[(clean(field.title), "strong"), (key, "dim")]]
        if field.description:
            said.append([(clean(field.description), "plain")])
        said.append([("allowed: ", "dim"), (allowed(field), "dim")])
        if field.shape == "list":
            said.append([("one item in each line", "dim")])
        if field.secret:
            said.append([("A secret: it is not shown, neither now nor later", "warn")])
        what = self.query_one("#what", InkedLines)
        what.styles.height = len(said)
        what.show(said)
        keys = [("^s" if self.query(TextArea) else "Enter", "title"), (" take it  ", "dim")]
        if field.nullable:
            keys += [("^n", "title"), (" null  ", "dim")]
        if field.variants:
            keys += [("^o", "title"), (f" next shape of {len(field.variants)}  ", "dim")]
        self.query_one("#hints", InkedLines).show([[*keys, ("Esc", "title"), (" leave it as it is", "dim")]])
        for options in self.query(OptionList):
            known = self._options()
            options.highlighted = known.index(self._value) if self._value in known else 0
        self.query("Input, TextArea, OptionList").first().focus()

    @on(Input.Changed)
    @on(TextArea.Changed)
    @on(OptionList.OptionHighlighted)
    def _typed(self) -> None:
        """Have it checked, when nothing more is typed for a moment."""
        if self._waiting is not None:
            self._waiting.stop()
        self._waiting = self.set_timer(CHECK_S, self._ask)

    def _read(self) -> Any:
        """Return what is there now. Raises ValueError where it can't be read."""
        for options in self.query(OptionList):
            return self._options()[options.highlighted or 0]
        for area in self.query(TextArea):
            return read_json(area.text) if self._raw else read(self._field, area.text)
        return read(self._field, self.query_one(Input).value)

    def _ask(self) -> None:
        try:
            value = self._read()
        except ValueError as error:
            self._say(str(error))
            return
        self._asked += 1
        monitor(self).start(self._look, self._asked, value)

    async def _look(self, number: int, value: Any) -> None:
        faults = await self._check(value)
        if number == self._asked and self.is_attached:
            self._say("; ".join(faults))

    def _say(self, fault: str) -> None:
        line: Parts = [(f"✖ {clean(fault)}", "bad")] if fault else [("✓ it fits", "good")]
        self.query_one("#fault", InkedLines).show([line])

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def action_take(self) -> None:
        """Take it, whether or not it fits: what does not is told beside it, and is not saved."""
        try:
            value = self._read()
        except ValueError as error:
            self._say(str(error))
            return
        if self._field.secret and value == "":
            self._say("nothing was typed; Esc leaves the secret as it is")
            return
        self.dismiss((value,))

    def action_null(self) -> None:
        """Take null, where that is allowed."""
        if self._field.nullable:
            self.dismiss((None,))

    def action_variant(self) -> None:
        """Begin with the next shape that it may have."""
        variants = self._field.variants
        for area in self.query(TextArea):
            if variants:
                self._variant = (self._variant + 1) % len(variants)
                name, value = variants[self._variant]
                area.load_text(written(self._field, value))
                self.query_one("#fault", InkedLines).show([[(clean(name), "accent")]])
