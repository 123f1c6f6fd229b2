"""Computes on the event loop: nothing else is answered, no ping either."""

import signal

from plugin_sdk import Plugin, method


class Spins(Plugin):
    @method
    async def spin(self) -> None:
        signal.alarm(120)  # the safety net: if nobody ends this process, the kernel does
        while True:
            pass

    @method
    async def answer(self) -> int:
        return 42
