"""Inspector: the program around the inspector's screen: the monitor's themes, messages and clipboard."""

from collections.abc import Callable
from typing import Any, ClassVar

import anyio
from anyio.abc import TaskGroup
from textual.binding import Binding, BindingType
from textual.screen import Screen

from host.clock import Clock
from host.tui.app import Monitor
from host.tui.dialogs import ShowText
from host.tui.help import help_lines
from host.tui.inspector.screen import InspectScreen
from host.tui.inspector.subject import Subject
from host.tui.keys import SHOW


class Inspector(Monitor, inherit_bindings=False):
    """One plugin's."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1", "help", "help", key_display="?", group=SHOW),
        Binding("T", "next_theme", "theme", group=SHOW, show=False),
        Binding("q,ctrl+c", "quit", "quit", group=SHOW, key_display="q", priority=False),
        Binding("tab", "app.focus_next", "next pane", show=False),
        Binding("shift+tab", "app.focus_previous", "previous pane", show=False),
    ]
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {}
    DEFAULT_MODE = "_default"
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self, subject: Subject, tasks: TaskGroup, *, ascii: bool = False, clock: Clock | None = None
    ) -> None:
        super().__init__(subject.connect, tasks, ascii=ascii, clock=clock)
        self._subject = subject

    def on_mount(self) -> None:
        """Open the only screen."""
        self.push_screen(InspectScreen(self._subject))

    def action_help(self) -> None:
        """Show every key that does something here."""
        lines = help_lines(self.screen, read_only=False)
        filters = next((n for n, line in enumerate(lines) if line and line[0][0] == "Filters"), len(lines))
        self.push_screen(ShowText("Keys", lines[:filters]))


async def run_inspector(subject: Subject, *, ascii: bool = False) -> None:
    """Show a plugin until somebody quits."""
    async with anyio.create_task_group() as tasks:
        await Inspector(subject, tasks, ascii=ascii).run_async()
        tasks.cancel_scope.cancel()
