"""FilterBar: where a filter is typed: counts while it is typed, and says what is wrong with it and where."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from host.facade.filter_fields import FIELDS, Subject
from host.facade.filters import Filter, FilterFault, parse_filter
from host.tui.inked_lines import InkedLines

PLACES: dict[Subject, str] = {
    "plugin": "text  /regex/  !not  state:error,backoff  cpu>20  mem>200M  p99>50ms  is:problem",
    "log": "text  /regex/  !not  lvl>=warn  source:stderr  plugin:x",
    "event": "text  /regex/  !not  kind:security  lvl>=error  topic:plugin.**",
    "trace": "text  /regex/  !not  method:storage.*  err:-32603  dur>1s  dir:out  is:open",
}


class FilterBar(Vertical):
    """One line to type in and one that answers; away while nothing is typed."""

    DEFAULT_CSS = """
    FilterBar { height: 2; display: none; }
    FilterBar.-open { display: block; }
    FilterBar Input { height: 1; border: none; padding: 0 1; background: $surface; }
    FilterBar Input:focus { border: none; }
    FilterBar Input.-textual-compact { padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "clear the filter", show=False),
        Binding("down,up", "leave", "to the rows", show=False),
    ]

    class Chosen(Message):
        """A filter is in force."""

        def __init__(self, chosen: Filter) -> None:
            super().__init__()
            self.chosen = chosen

    class Left(Message):
        """The operator is done with typing."""

    def __init__(self, subject: Subject) -> None:
        super().__init__()
        self.subject: Subject = subject
        self.chosen = parse_filter("")

    def compose(self) -> ComposeResult:
        """The two lines."""
        yield Input(placeholder="filter", compact=True)
        yield InkedLines()

    def open(self) -> None:
        """Let a filter be typed."""
        self.add_class("-open")
        # At once; `focus` would leave the next keys to whatever has them now.
        self.screen.set_focus(self.query_one(Input))
        self._answer()

    def set(self, text: str) -> None:
        """Put a filter into force."""
        self.query_one(Input).value = text

    def say(self, seen: int, of: int) -> None:
        """Say how many rows the filter leaves."""
        if self.chosen and self.chosen.text == self.query_one(Input).value:
            self.query_one(InkedLines).show(
                [[(f" {seen:,} of {of:,}", "good" if seen else "warn"), ("  Enter keep  Esc clear", "dim")]]
            )

    def on_input_changed(self, event: Input.Changed) -> None:
        """Put what can be read into force; say what can't."""
        event.stop()
        self._answer(typing=self.has_class("-open"))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the filter and go back to the rows."""
        event.stop()
        self.action_leave()

    def action_leave(self) -> None:
        """Keep the filter and go back to the rows; one that can't be read stays to be mended."""
        if self._answer():
            self.remove_class("-open")
            self.post_message(self.Left())

    def action_give_up(self) -> None:
        """Clear the filter and go back to the rows."""
        self.query_one(Input).value = ""
        self.chosen = parse_filter("")
        self.post_message(self.Chosen(self.chosen))
        self.action_leave()

    def _answer(self, *, typing: bool = False) -> bool:
        """Put what is typed into force and return True; where it can't be read, say so and return False."""
        text = self.query_one(Input).value
        if typing:
            # A word that may become a field's name would empty the table on the way.
            begun = text.rsplit(" ", 1)[-1].removeprefix("!").lower()
            if begun and any(field.startswith(begun) for field in FIELDS[self.subject]):
                text = text[: len(text) - len(begun)].removesuffix("!")
        try:
            chosen = parse_filter(text, self.subject)
        except FilterFault as fault:
            # What was in force stays while a term is half typed.
            mark = f" {' ' * fault.position}↑ " if fault.position < 40 else " ↑ "
            self.query_one(InkedLines).show(
                [[(mark, "bad"), (fault.message, "bad"), (f"; allowed: {fault.allowed}", "dim")]]
            )
            return False
        if not chosen:
            fields = ", ".join(FIELDS[self.subject])
            self.query_one(InkedLines).show(
                [[(f" {PLACES[self.subject]}", "dim"), (f"   fields: {fields}", "dim")]]
            )
        self.chosen = chosen
        self.post_message(self.Chosen(chosen))
        return True
