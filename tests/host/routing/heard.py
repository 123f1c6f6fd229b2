"""What plugins tell a test that they heard, by the API `test.heard`."""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import anyio.lowlevel

from host import PluginHost

WAIT_S = 20.0


class Heard:
    """All of it, and a wait for more."""

    def __init__(self, host: PluginHost) -> None:
        self.all: list[tuple[str, Any]] = []
        self._news = anyio.Event()

        @host.api("test.heard")
        async def heard(kind: str, data: Any) -> None:  # pyright: ignore[reportUnusedFunction]
            self.all.append((kind, data))
            self._news.set()

    async def until(self, count: int) -> list[tuple[str, Any]]:
        """Wait until there are so many."""
        with anyio.fail_after(WAIT_S):
            while len(self.all) < count:
                self._news = anyio.Event()
                await self._news.wait()
        return self.all


async def until_true(check: Callable[[], Awaitable[object]]) -> None:
    """Ask again and again, in turns of the event loop, until the answer is yes."""
    with anyio.fail_after(WAIT_S):
        while not await check():
            await anyio.lowlevel.checkpoint()
