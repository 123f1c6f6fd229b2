"""Logs in a tight loop, from a thread, through the SDK."""

import resource
import signal
import threading

from plugin_sdk import Plugin, method

MOST_KIB = 300 * 1024
"""The bound of the damage, should lines pile up in this process."""


class FloodsNotifications(Plugin):
    @method
    async def flood(self) -> str:
        signal.alarm(120)  # the safety net: if nobody ends this process, the kernel does
        threading.Thread(target=self._log_for_ever, daemon=True).start()
        return "flooding"

    @method
    async def answer(self) -> int:
        return 42

    def _log_for_ever(self) -> None:
        number = 0
        # The greatest size is inherited from whoever forked this process, and may be above the bound already.
        most_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + MOST_KIB
        while number % 1_000 or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < most_kib:
            number += 1
            self.log.info("again", number=number)
