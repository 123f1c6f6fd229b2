"""Writing: what a screen shows, into a new file whose name is asked for.

Asks until it is written or given up: what hinders is said below the name, which stays to be mended.
"""

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio.to_thread
from textual.widgets import Input

from host.tui.dialogs import AskText
from host.tui.inked import monitor
from host.tui.inked_lines import Parts

ABOUT: Parts = [("A name that ends with .json gets JSON, any other text.", "dim")]


class WriteDialog(AskText):
    """The name of the file."""

    def __init__(self, folder: Path, name: str, lines: Sequence[str], value: Any, now_s: float) -> None:
        stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now_s))
        proposed = str(folder / f"plughost-{name}-{stamp}.txt")
        super().__init__("Write what is shown to a new file", [ABOUT], value=proposed)
        self._written = list(lines)
        self._json = value

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write it, or say why not."""
        # The question that this one is made from would take the name and be gone.
        event.prevent_default()
        event.stop()
        if name := event.value.strip():
            monitor(self).start(self._write, Path(name).expanduser())

    async def _write(self, path: Path) -> None:
        text = json.dumps(self._json, indent=2) if path.suffix == ".json" else "\n".join(self._written)
        try:
            await anyio.to_thread.run_sync(_write_new, path, text + "\n")
        except (OSError, ValueError) as error:
            if self.is_attached:
                self.refuse(f"{path} can't be written: {_reason(error)}; type another name, or Esc")
            return
        monitor(self).say(f"Written: {path}")
        if self.is_attached:
            self.dismiss(None)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _write_new(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:  # noqa: PTH123 - it is a descriptor
        file.write(text)
