"""Computes in a worker thread: it burns processor time, but its event loop goes on answering."""

import signal

from plugin_sdk import Plugin, method


class SpinsInThread(Plugin):
    @method
    def spin(self) -> None:
        signal.alarm(120)  # the safety net: if nobody ends this process, the kernel does
        while True:
            pass

    @method
    async def answer(self) -> int:
        return 42
