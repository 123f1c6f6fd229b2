"""Asked: what plugins ask of the operator, as the monitor tells of it and opens it.

A prompt never takes the keyboard by itself: it is told in passing, counted among the problems, and opened by
whoever wants to.
"""

from functools import partial
from typing import TYPE_CHECKING, Final

from host.facade.rows import PromptRow
from host.tui.palette_entries import Entry, short
from host.tui.prompt_dialog import PromptDialog

if TYPE_CHECKING:
    from host.tui.app import Monitor

MAX_TOLD: Final = 3
"""New prompts that are told one by one; of more only how many there are."""


class Asked:
    """Of one monitor."""

    def __init__(self, app: "Monitor") -> None:
        self._app = app
        self._told: frozenset[str] = frozenset()

    def look(self) -> None:
        """Tell of what is new."""
        prompts = self._app.model.prompts
        if prompts.keys() == self._told:
            return
        new = [row for key, row in prompts.items() if key not in self._told]
        self._told = frozenset(prompts)
        how = "" if self._app.read_only else "; 3 f answers"
        if len(new) > MAX_TOLD:
            self._app.say(f"{len(new)} prompts of plugins wait for an answer{how}", "warning")
            return
        for row in new:
            self._app.say(f"{short(row.plugin)} asks: {short(row.title)}{how}", "warning")

    def open_of(self, plugin: str) -> None:
        """Open the oldest prompt of a plugin."""
        rows = [row for row in self._app.model.prompts.values() if row.plugin == plugin]
        if not rows:
            self._app.say(f"{plugin} asks nothing any more", "warning")
            return
        self.open(min(rows, key=lambda row: (row.since_s, row.id)))

    def open(self, row: PromptRow) -> None:
        """Open a prompt."""
        if self._app.acts.may():
            self._app.push_screen(PromptDialog(row))

    def entries(self) -> list[Entry]:
        """Return what waits, for the palette."""
        if self._app.read_only:
            return []
        return [
            Entry(
                f"Answer {short(row.plugin)}: {short(row.title)}",
                "a prompt that waits",
                partial(self.open, row),
            )
            for row in self._app.model.prompts.values()
        ]
