"""Never finishes unloading."""

import asyncio

from plugin_sdk import Plugin, method


class HangsInOnUnload(Plugin):
    async def on_unload(self) -> None:
        await asyncio.sleep(120)

    @method
    async def answer(self) -> int:
        return 42
