"""Draft: a text that somebody edits in their own editor. It may hold secrets, so nobody else can read it."""

import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

import click

EDITORS: Final = ("sensible-editor", "editor", "vi", "nano")
"""Tried in this order where neither VISUAL nor EDITOR says which."""


class Draft:
    """One text in a file of 0600 in a folder of 0700 of its own, until it is discarded."""

    def __init__(self, name: str, text: str) -> None:
        self._editor = _editor()
        self.path = Path(tempfile.mkdtemp(prefix="plughost-")) / name
        self.path.touch(0o600)
        self.path.write_text(text, encoding="utf-8")

    def edit(self) -> None:
        """Open the editor and wait until it is left.

        Raises:
            click.ClickException: There is none, or it failed; the text stays.
        """
        try:
            with _interrupts_are_the_editors():
                code = subprocess.run([*self._editor, str(self.path)], check=False).returncode
        except OSError as exc:
            self.discard()
            raise click.ClickException(f"the editor can't be started: {exc}; set VISUAL or EDITOR") from None
        if code:
            raise click.ClickException(
                f"{self._editor[0]} ended with {code}, so nothing was changed; your text is in {self.path}"
            )

    @property
    def text(self) -> str:
        """The text as it is now."""
        return self.path.read_text(encoding="utf-8", errors="replace")

    def discard(self) -> None:
        """Remove it."""
        shutil.rmtree(self.path.parent)


@contextmanager
def _interrupts_are_the_editors() -> Generator[None]:
    """Let Ctrl-C be a key of the editor; it goes to both, and would have Python kill what it waits for.

    A handler, because the editor would inherit that a signal is ignored.
    """

    def nothing(_number: int, _frame: FrameType | None) -> None:
        pass

    before = signal.signal(signal.SIGINT, nothing)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _editor() -> list[str]:
    for name in ("VISUAL", "EDITOR"):
        try:
            words = shlex.split(os.environ.get(name, ""))
        except ValueError as exc:
            raise click.ClickException(f"{name}: {exc}; set it to a command and its options") from None
        if words:
            return words
    for editor in EDITORS:
        if shutil.which(editor):
            return [editor]
    raise click.ClickException("no editor was found; set VISUAL or EDITOR")
