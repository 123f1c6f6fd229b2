"""Streams: a generator is one. The wire's credit paces it; the generator just yields."""

import asyncio
from collections.abc import AsyncIterator, Iterator

from plugin_sdk import Context, Plugin, method


class Streamer(Plugin):
    @method
    async def ticks(self, upto: int, pause_s: float = 0.0) -> AsyncIterator[int]:
        """Count on the event loop. Whoever reads it may stop at any time; `finally` runs then."""
        sent = 0
        try:
            for tick in range(upto):
                yield tick
                sent += 1
                await asyncio.sleep(pause_s)
        finally:
            self.log.debug("ticks ended", sent=sent, upto=upto)

    @method
    def squares(self, upto: int) -> Iterator[int]:
        """Compute in a worker thread, item by item."""
        for number in range(upto):
            yield number * number

    @method
    async def blobs(self, count: int, size_chars: int) -> AsyncIterator[str]:
        """Stream long texts: here bytes, not items, use the credit up."""
        for _ in range(count):
            yield "x" * size_chars

    @method
    async def work(self, ctx: Context, steps: int = 5, pause_s: float = 0.0) -> str:
        """Take a while and say so; each report starts the caller's idle deadline anew."""
        for step in range(1, steps + 1):
            await asyncio.sleep(pause_s)
            ctx.progress(f"step {step} of {steps}", done=step / steps)
        return "done"
