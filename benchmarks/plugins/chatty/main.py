"""The plugin that logs: warnings at a steady rate, no two the same, a few at a time."""

import asyncio
from time import perf_counter

from plugin_sdk import Plugin, method


class Chatty(Plugin):
    @method
    async def chatter(self, lines_per_s: float, seconds: float, head_start_s: float) -> int:
        """Log for a while, five times a second; return how many lines there were.

        `head_start_s` is a part of the first fifth of a second, so that many of these do not log all at once.
        """
        began = perf_counter() - head_start_s
        written = 0
        for step in range(1, int(seconds * 5) + 1):
            await asyncio.sleep(max(0.0, began + step / 5 - perf_counter()))
            while written < step * lines_per_s / 5:
                self.log.warning(
                    f"order {written:06} took {50 + written * 7 % 900} ms, more than its budget of 50 ms",
                    order=written,
                    worker=f"w{written % 8}",
                )
                written += 1
        return written
