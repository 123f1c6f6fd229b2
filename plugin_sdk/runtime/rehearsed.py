"""The plugin that is run at a rehearsal: what most plugins do at their start, and nothing else."""

import asyncio

from plugin_sdk.plugin import Plugin, method


class Rehearsed(Plugin):
    """Logs, answers at once, and answers after a wait."""

    async def on_load(self) -> None:
        """Log a line."""
        self.log.info("ready")

    @method
    async def answer(self, number: int, text: str = "") -> int:
        """Return the number."""
        return number

    @method
    async def answer_later(self, text: str) -> str:
        """Return the text, one turn of the event loop later."""
        await asyncio.sleep(0)
        return text
