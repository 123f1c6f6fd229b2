"""Writes to stderr as fast as it is read, from a thread: lines, or one line that never ends."""

import os
import signal
import threading

from plugin_sdk import Plugin, method


class FloodsStderr(Plugin):
    @method
    async def flood(self, newlines: bool = True) -> str:
        signal.alarm(120)  # the safety net: if nobody ends this process, the kernel does
        block = (b"once more, with feeling\n" if newlines else b"x") * 2_000
        threading.Thread(target=self._write, args=(block,), daemon=True).start()
        return "flooding"

    @method
    async def answer(self) -> int:
        return 42

    def _write(self, block: bytes) -> None:
        while True:
            os.write(2, block)
