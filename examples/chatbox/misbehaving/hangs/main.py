"""Never answers."""

import asyncio

from plugin_sdk import Plugin, method


class Hangs(Plugin):
    @method
    async def ask(self) -> None:
        await asyncio.Event().wait()

    @method
    async def greet(self) -> str:
        return "I still answer this"
