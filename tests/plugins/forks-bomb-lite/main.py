"""Starts forty children that only sleep."""

import subprocess

from plugin_sdk import Plugin, method

CHILDREN = 40


class ForksBombLite(Plugin):
    def __init__(self) -> None:
        self._children: list[subprocess.Popen[bytes]] = []

    @method
    def fork(self) -> int:
        """Return how many children there are; a second call starts none."""
        while len(self._children) < CHILDREN:
            self._children.append(subprocess.Popen(["sleep", "120"]))
        return len(self._children)

    @method
    async def answer(self) -> int:
        return 42
