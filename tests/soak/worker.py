"""The plugin of the soak: everything that a plugin may do to its host in a day, in small."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

from plugin_sdk import Plugin, method


class Worker(Plugin):
    @method
    async def echo(self, value: Any) -> Any:
        return value

    @method
    async def count(self, upto: int) -> AsyncIterator[int]:
        for n in range(upto):
            yield n

    @method
    async def hang(self) -> None:
        await asyncio.Event().wait()

    @method
    def block(self) -> str:
        time.sleep(0.002)
        return "done"

    @method
    async def chat(self, lines: int) -> None:
        for n in range(lines):
            self.log.debug("line", number=n)

    @method
    async def relay(self, plugin: str, value: Any) -> Any:
        return await self.host.plugins.call(plugin=plugin, method="echo", params={"value": value})

    @method
    async def relay_stream(self, plugin: str, upto: int) -> AsyncIterator[int]:
        async for item in self.host.plugins.stream(plugin=plugin, method="count", params={"upto": upto}):
            yield item

    @method
    async def ask(self, calls: int) -> int:
        return sum([await self.host.soak.one() for _ in range(calls)])

    @method
    async def leave(self) -> None:
        os._exit(7)

    @method
    async def leave_a_child(self) -> None:
        """Start what outlives this process, in a session of its own, unless the host ends it."""
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)  # noqa: ASYNC220 - it is not waited for
