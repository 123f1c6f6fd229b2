"""Opens files and never closes them, until it has 200 or the kernel gives no more."""

import os

from plugin_sdk import Plugin, method

FILES = 200


class LeaksDescriptors(Plugin):
    def __init__(self) -> None:
        self._files: list[int] = []

    @method
    async def leak(self) -> int:
        """Return how many files are open."""
        try:
            while len(self._files) < FILES:
                self._files.append(os.open(os.devnull, os.O_RDONLY))
        except OSError as exc:
            self.log.warning("the kernel gives no more", error=str(exc), open=len(self._files))
        return len(self._files)

    @method
    async def answer(self) -> int:
        return 42
