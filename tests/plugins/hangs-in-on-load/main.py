"""Never finishes loading."""

import asyncio

from plugin_sdk import Plugin


class HangsInOnLoad(Plugin):
    async def on_load(self) -> None:
        await asyncio.sleep(120)
