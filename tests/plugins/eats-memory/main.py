"""Takes 16 MiB more every 50 ms and never gives any back."""

import signal
import time

from plugin_sdk import Plugin, method

STEP_BYTES = 16 * 1024 * 1024
MOST_BYTES = 384 * 1024 * 1024
"""The bound of the damage; six times the limit."""


class EatsMemory(Plugin):
    def __init__(self) -> None:
        self._kept: list[bytearray] = []

    @method
    def eat(self) -> None:
        signal.alarm(120)  # the safety net: if nobody ends this process, the kernel does
        try:
            while len(self._kept) * STEP_BYTES < MOST_BYTES:
                # Filled with something: pages of zeros are not taken from the kernel before they are written.
                self._kept.append(bytearray(b"x") * STEP_BYTES)
                time.sleep(0.05)
        except MemoryError:
            self.log.warning("the kernel gives no more", held_bytes=len(self._kept) * STEP_BYTES)
        time.sleep(120)

    @method
    async def answer(self) -> int:
        return 42
