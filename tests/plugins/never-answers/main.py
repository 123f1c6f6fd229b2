"""One method never answers, another does."""

import asyncio

from plugin_sdk import Plugin, method


class NeverAnswers(Plugin):
    @method
    async def hang(self) -> None:
        await asyncio.sleep(120)

    @method
    async def answer(self) -> int:
        return 42
