"""Needs another plugin: hears its events, and calls it."""

from typing import Any

from plugin_sdk import Plugin, contains, on


class Scoreboard(Plugin):
    async def on_load(self) -> None:
        self.heard = 0

    @on("plugin.example-plugin.greeted")
    async def greeted(self, data: dict[str, Any]) -> None:
        self.heard = data["count"]

    @on("message", where={"content": contains("!score")})
    async def score(self, message: dict[str, Any]) -> None:
        total = await self.plugins.call("example-plugin", "greeted")
        await self.host.messages.send(
            content=f"{total} greetings in all; the last one I heard of was number {self.heard}"
        )
