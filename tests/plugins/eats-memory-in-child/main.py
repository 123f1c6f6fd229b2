"""Its child takes the memory; the plugin's own process stays small."""

import subprocess
import sys
from pathlib import Path

from plugin_sdk import Plugin, method


class EatsMemoryInChild(Plugin):
    def __init__(self) -> None:
        self._children: list[subprocess.Popen[bytes]] = []

    @method
    def eat(self) -> int:
        """Return the child's pid; one child is enough, a second call starts none."""
        if not self._children:
            eater = str(Path(__file__).with_name("eater.py"))
            self._children.append(subprocess.Popen([sys.executable, eater]))
        return self._children[0].pid

    @method
    async def answer(self) -> int:
        return 42
