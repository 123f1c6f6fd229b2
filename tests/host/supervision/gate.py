"""Gate: where plugins wait, in their load or their unload, until the test lets them through."""

import anyio

from host import PluginHost

PLAIN = "class Plain(Plugin): ...\n"

HELD_IN_LOAD = """
class Held(Plugin):
    async def on_load(self) -> None:
        await self.host.gate.enter()
"""

HELD_IN_UNLOAD = """
class Held(Plugin):
    async def on_unload(self) -> None:
        await self.host.gate.enter()
"""


class Gate:
    """The function of the host that they call."""

    def __init__(self, host: PluginHost) -> None:
        self.entered = 0
        self.most_inside = 0
        self._inside = 0
        self._news = anyio.Event()
        self._opened = anyio.Event()
        host.api("gate.enter")(self.enter)

    async def enter(self) -> None:
        self.entered += 1
        self._inside += 1
        self.most_inside = max(self.most_inside, self._inside)
        self._news.set()
        try:
            await self._opened.wait()
        finally:
            self._inside -= 1

    async def until_entered(self, times: int) -> None:
        with anyio.fail_after(20):
            while self.entered < times:
                self._news = anyio.Event()
                await self._news.wait()

    def open(self) -> None:
        self._opened.set()
