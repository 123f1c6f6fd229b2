"""Takes a second to load and reports how far it is."""

import asyncio

from plugin_sdk import Plugin, method
from plugin_sdk.context import current

STEPS = 10


class SlowStart(Plugin):
    async def on_load(self) -> None:
        context = current.get()
        for step in range(1, STEPS + 1):
            await asyncio.sleep(0.1)
            if context is not None:
                context.progress(f"warming up, step {step}", done=step / STEPS)

    @method
    async def answer(self) -> int:
        return 42
