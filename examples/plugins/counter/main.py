"""A count in memory, and the ways in which a handler can run: on the loop, one at a time, in a thread."""

import asyncio
import time

from plugin_sdk import Context, Plugin, PluginError, method


class Counter(Plugin):
    def __init__(self) -> None:
        self._value = 0

    @method
    async def incr(self, by: int = 1) -> int:
        """Add to the count; return the new one."""
        self._value += by
        return self._value

    @method(inline=True)
    def value(self) -> int:
        """Return the count."""
        return self._value

    @method(serial=True)
    async def double(self, pause_s: float = 0.0) -> int:
        """Double the count. It waits between reading and writing, so two at once would lose one's work."""
        before = self._value
        await asyncio.sleep(pause_s)
        self._value = before * 2
        return self._value

    @method
    def slow_sum(self, numbers: list[float], ctx: Context, pause_s: float = 0.0) -> float:
        """Add numbers up in a worker thread, with a pause before each; stop early when nobody waits."""
        total = 0.0
        for number in numbers:
            if ctx.cancelled:
                raise PluginError("nobody waits for the sum any more", {"so_far": total})
            time.sleep(pause_s)
            total += number
        return total
