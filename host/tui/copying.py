"""Copying: what goes from the monitor to the operator's clipboard, through the terminal.

A command line is made complete here: it names the host that the monitor looks at, wherever it is pasted.
"""

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from host.tui.border import clean

if TYPE_CHECKING:
    from host.tui.app import Monitor

MOST_SAID: Final = 60
"""Characters of a copied text that are shown."""

ASK_NO_HOST: Final = frozenset({"validate"})
"""Commands of screens that look at a plugin's folder, and at no host."""

TAKE_NO_SOCKET: Final = frozenset({"config", "perms", "storage", "why"})
"""Commands that also read a data folder at rest, and so are told where that is."""


class Copying:
    """The clipboard of one monitor."""

    def __init__(self, app: "Monitor", place: Sequence[str] = ()) -> None:
        """`place` are the options that name the host, such as `--data /srv/a`; none for the default one."""
        self._app = app
        self._place = tuple(place)

    def text(self, text: str, *, lacking: str = "") -> None:
        """Copy a text; where it is empty, say what lacks."""
        if not text and lacking:
            self._app.say(lacking, "warning")
            return
        text = clean(text, lines=True)
        self._app.copy_to_clipboard(text)
        shown = text.split("\n", 1)[0][:MOST_SAID]
        self._app.say(f"Copied: {shown}{'…' if len(shown) < len(text) else ''}")

    def command(self, line: str) -> None:
        """Copy a command line of `plughost`, for the host that is shown."""
        place = self._place_of(line.split(" ", 2)[1]) if line else ()
        self.text(" ".join([line, *map(shlex.quote, place)]), lacking="There is no command line for this")

    def _place_of(self, command: str) -> Sequence[str]:
        if command in ASK_NO_HOST:
            return ()
        page = self._app.model.page
        if "--socket" in self._place and command in TAKE_NO_SOCKET and page is not None:
            return ("--data", page.data_folder)
        return self._place
