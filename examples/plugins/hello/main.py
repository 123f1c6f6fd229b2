"""The smallest plugin: one call, one stream."""

from collections.abc import AsyncIterator

from plugin_sdk import Plugin, method


class Hello(Plugin):
    async def on_load(self) -> None:
        self.log.info("hello is ready", greeting=self.config.get("greeting", "Hello"))

    @method
    async def greet(self, name: str) -> str:
        return f"{self.config.get('greeting', 'Hello')}, {name}"

    @method
    async def count(self, upto: int) -> AsyncIterator[int]:
        for i in range(upto):
            yield i
