"""Dialogs: a question over a screen. Each is answered by keys that are named in it; Esc always means no."""

from collections.abc import Sequence
from typing import ClassVar, TypeVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, SelectionList
from textual.widgets.selection_list import Selection

from host.tui.inked import monitor
from host.tui.inked_lines import InkedLines, InkedText, Parts
from host.tui.log_lines import MIN_TEXT_CELLS, wrapped

T = TypeVar("T")


class Dialog(ModalScreen[T]):
    """The frame of all of them."""

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog > Vertical {
        width: 76; max-width: 96%; height: auto; max-height: 90%; border: round $primary;
        padding: 0 1; background: $surface;
    }
    Dialog InkedLines { height: auto; }
    Dialog Input { margin-top: 1; height: 1; border: none; background: $boost; }
    Dialog Input:focus { border: none; }
    .-ascii Dialog > Vertical, Dialog.-ascii > Vertical { border: ascii $primary; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "no", "no")]

    def action_no(self) -> None:
        """Answer nothing."""
        self.dismiss(None)


def _sized(lines: InkedLines, shown: Sequence[Parts]) -> None:
    lines.styles.height = len(shown)
    lines.show(shown)


class Confirm(Dialog[str]):
    """A question with a letter for each answer; None for no."""

    def __init__(
        self,
        title: str,
        lines: Sequence[Parts],
        answers: Sequence[tuple[str, str]],
        *,
        no: str = "no; nothing is done",
    ) -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._no = no
        self.answers = answers
        """Letters, and what they mean; `n` and Esc are no."""

    def compose(self) -> ComposeResult:
        """The question and the answers."""
        with Vertical():
            yield InkedLines()

    def on_mount(self) -> None:
        """Say it."""
        keys: list[Parts] = [[(f"{key}", "title"), (f"  {words}", "plain")] for key, words in self.answers]
        shown: list[Parts] = [
            [(self._title, "strong")],
            [],
            *self._lines,
            [],
            *keys,
            [("n", "title"), (f"  {self._no}", "plain")],
        ]
        _sized(self.query_one(InkedLines), shown)

    def on_key(self, event: events.Key) -> None:
        """Take a letter."""
        answered = any(event.key == key for key, _ in self.answers)
        if answered or event.key == "n":
            # It would go on to the program, whose screen is by then the one below, and mean something there.
            event.stop()
            event.prevent_default()
            self.dismiss(event.key if answered else None)


class AskText(Dialog[str]):
    """A line of text; with `expected`, only that one is taken."""

    def __init__(self, title: str, lines: Sequence[Parts], *, expected: str = "", value: str = "") -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._expected = expected
        self._value = value

    def compose(self) -> ComposeResult:
        """The question and a line to type in."""
        with Vertical():
            yield InkedLines()
            yield Input(value=self._value, placeholder=self._expected, compact=True)
            yield InkedLines(id="answer")

    def on_mount(self) -> None:
        """Say it."""
        _sized(self.query_one(InkedLines), [[(self._title, "strong")], [], *self._lines])
        _sized(
            self.query_one("#answer", InkedLines),
            [[("Enter", "title"), (" yes  ", "dim"), ("Esc", "title"), (" no", "dim")]],
        )
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take it, or say why not."""
        text = event.value.strip()
        if self._expected and text != self._expected:
            self.refuse(f"That is not {self._expected}; type it exactly, or Esc")
        elif text:
            self.dismiss(text)

    def refuse(self, why: str) -> None:
        """Say why it is not taken; what was typed stays."""
        answer = self.query_one("#answer", InkedLines)
        _sized(answer, [[(line, "bad")] for line in wrapped(why, max(MIN_TEXT_CELLS, answer.size.width))])


class ShowText(Dialog[None]):
    """Text to read, scroll and copy."""

    DEFAULT_CSS = """
    ShowText > Vertical { width: 110; height: 90%; }
    ShowText > Vertical > InkedLines { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,enter", "no", "close"),
        Binding("y", "copy", "copy"),
    ]

    def __init__(self, title: str, lines: Sequence[Parts]) -> None:
        super().__init__()
        self._title = title
        self._lines = lines

    def compose(self) -> ComposeResult:
        """Title, text, keys."""
        with Vertical():
            yield InkedLines(id="title")
            yield InkedText()
            yield InkedLines(id="keys")

    def on_mount(self) -> None:
        """Show it."""
        self.query_one("#title", InkedLines).show([[(self._title, "strong")]])
        self.query_one(InkedText).show(self._lines)
        self.query_one("#keys", InkedLines).show(
            [
                [
                    ("y", "title"),
                    (" copy  ", "dim"),
                    ("↑ ↓", "title"),
                    (" scroll  ", "dim"),
                    ("Esc", "title"),
                    (" close", "dim"),
                ]
            ]
        )
        self.query_one(InkedText).focus()

    def action_copy(self) -> None:
        """Copy all of it."""
        monitor(self).copying.text(self.query_one(InkedText).text)


class PickColumns(Dialog[list[str]]):
    """Which columns a table has."""

    def __init__(self, columns: Sequence[tuple[str, str, bool]]) -> None:
        super().__init__()
        self._columns = columns
        """Key, title with its meaning, whether it is shown."""

    def compose(self) -> ComposeResult:
        """The list."""
        with Vertical():
            yield InkedLines()
            yield SelectionList[str](
                *(Selection(Content(title), key, shown) for key, title, shown in self._columns), compact=True
            )

    def on_mount(self) -> None:
        """Say how."""
        said: list[Parts] = [
            [("Columns", "strong")],
            [("Space", "title"), (" show or put away  ", "dim"), ("Esc", "title"), (" done", "dim")],
        ]
        _sized(self.query_one(InkedLines), said)
        self.query_one(SelectionList).focus()

    def action_no(self) -> None:
        """Answer which are shown."""
        chosen = cast("SelectionList[str]", self.query_one(SelectionList))
        self.dismiss(list(chosen.selected))
