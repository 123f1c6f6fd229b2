"""A plugin that does a little of everything, and the wait until it is recorded."""

from collections.abc import Callable
from pathlib import Path

Write = Callable[..., Path]

BUSY = """
import os, sys

class Busy(Plugin):
    @method
    async def add(self, a: int, b: int) -> int:
        return a + b

    @method
    async def refuse(self) -> None:
        raise PluginError("not today")

    @method
    async def ask(self) -> Any:
        return await self.host.host.info()

    @method
    async def ask_wrongly(self) -> str:
        try:
            await self.host.host.nothing()
        except RpcError as error:
            return error.name
        return ""

    @method
    async def count(self) -> Any:
        for number in range(3):
            yield number

    @method
    async def tell(self, text: str) -> None:
        self.log.warning(text, number=7)
        print("on stderr", file=sys.stderr)

    @method
    async def leave(self) -> None:
        os._exit(7)
"""
