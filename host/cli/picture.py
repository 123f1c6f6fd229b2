"""Picture: lines that are drawn again in their own place on a terminal, as long as a command runs.

It lies on the terminal's second screen, so that a terminal that gets narrower leaves nothing behind and what
was there before comes back; the last one is printed below that at the end. Does not know what the lines say.
"""

import os
import shutil
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Final

import click

from host.tui.fit import fit

_ENTER: Final = "\x1b[?1049h\x1b[?25l"
_LEAVE: Final = "\x1b[?25h\x1b[?1049l"
_BEGIN: Final = "\x1b[?2026h\x1b[H"
"""Terminals that know the first show all up to its end at once."""
_END_OF_LINE: Final = "\x1b[K"
_END: Final = "\x1b[J\x1b[?2026l"


def is_terminal() -> bool:
    """Tell whether stdout can be drawn on."""
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def check_terminal() -> None:
    """Raise click.UsageError unless there is a terminal at all ends, for keys and for the monitor."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError(
            "the monitor needs a terminal for its keys and its picture; without one use `plughost ps`, "
            "`plughost watch` or `plughost logs -f`"
        )
    if not sys.stderr.isatty():
        raise click.UsageError(
            "the monitor draws its picture on stderr, which is no terminal here: leave the redirection out"
        )


class Picture:
    """The second screen while it is entered; its lines hold no control characters."""

    def __init__(self) -> None:
        self._last: Sequence[str] = ()

    def __enter__(self) -> "Picture":
        _write(_ENTER)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _write(_LEAVE + "".join(f"{line.rstrip()}\n" for line in self._last))

    def show(self, lines: Sequence[str]) -> None:
        """Draw these lines over those from before, as many and as much of each as there is room for."""
        self._last = lines
        columns, height = shutil.get_terminal_size()
        shown = list(lines)
        if len(lines) > height:
            shown = [*lines[: height - 1], f"{len(lines) - height + 1} more lines; choose with --filter"]
        # One write, and nothing is erased before it is written over: no state between is seen.
        drawn = "\n".join(fit(line, columns).rstrip() + _END_OF_LINE for line in shown)
        _write(_BEGIN + drawn + _END)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
