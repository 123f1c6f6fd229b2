"""PaneDialog: contributed panes over a screen, framed with the name of the plugin that they come from."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content

from host.facade.pages import ContributionRow
from host.tui.dialogs import Dialog
from host.tui.inked import monitor
from host.tui.inked_lines import InkedLines, InkedText
from host.tui.pane_lines import stacked
from host.tui.pane_source import PaneSource


class PaneDialog(Dialog[None]):
    """What they show, renewed while it is open."""

    DEFAULT_CSS = """
    PaneDialog > Vertical { width: 100; height: 80%; border-title-color: $text; }
    PaneDialog > Vertical > InkedLines { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,f2", "no", "close"),
        Binding("y", "copy", "copy"),
    ]

    def __init__(self, plugin: str, title: str, rows: Sequence[ContributionRow]) -> None:
        super().__init__()
        self._plugin = plugin
        self._title = title
        self._rows = rows
        self._source = PaneSource(self)

    def compose(self) -> ComposeResult:
        """The panes, below each other."""
        with Vertical():
            yield InkedText()
            yield InkedLines(id="keys")

    def on_mount(self) -> None:
        """Ask at once, and then twice a second."""
        frame = self.query_one(Vertical)
        frame.border_title = Content(f" {self._plugin}: {self._title} ")
        keys = (("y", "copy"), ("↑ ↓", "scroll"), ("Esc", "close"))
        self.query_one("#keys", InkedLines).show(
            [[part for key, words in keys for part in ((key, "title"), (f" {words}  ", "dim"))]]
        )
        self.query_one(InkedText).focus()
        self._source.ask(self._rows)
        self.set_interval(0.1, self._paint)
        self.set_interval(0.5, lambda: self._source.ask(self._rows))

    def on_unmount(self) -> None:
        """Ask no more."""
        self._source.stop()

    def _paint(self) -> None:
        text = self.query_one(InkedText)
        text.show(stacked(self._source.panes(self._rows), text.size.width - 1))

    def action_copy(self) -> None:
        """Copy all of it."""
        monitor(self).copying.text(self.query_one(InkedText).text)
