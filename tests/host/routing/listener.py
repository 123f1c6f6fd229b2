"""A plugin whose manifest says what its methods are for, and what its tests wait for."""

from typing import Any

import anyio

from host import PluginHost

WAIT_S = 20.0

LISTENER = """
class Listener(Plugin):
    async def on_load(self) -> None:
        self.heard: list[Any] = []

    async def got(self, data: Any) -> None:
        await self.storage.append("heard", data)
        await self.events.emit("heard", data)

    async def on_user_login(self, data: Any) -> None:
        await self.storage.append("logins", data)
        await self.events.emit("heard", data)

    async def check(self, value: Any) -> Any:
        from plugin_sdk import deny, replace
        if value == "bad":
            return deny("it is bad")
        return replace(f"{value}!")

    @method
    async def made(self, data: Any, topic: str = "made") -> int:
        return await self.events.emit(topic, data)

    @method
    async def kept(self, key: str) -> Any:
        return await self.storage.get(key, [])
"""


class Heard:
    """What the plugin tells of what it heard."""

    def __init__(self, host: PluginHost) -> None:
        self._host = host
        self._count = 0
        self._news = anyio.Event()
        host.on("plugin.listener.heard")(self._take)

    async def _take(self, _data: Any) -> None:
        self._count += 1
        self._news.set()

    async def times(self, count: int) -> None:
        """Wait until it heard so often."""
        with anyio.fail_after(WAIT_S):
            while self._count < count:
                self._news = anyio.Event()
                await self._news.wait()
