"""Answers whoever says !example."""

from typing import Any

from plugin_sdk import Plugin, contains, method, on, widget


class ExamplePlugin(Plugin):
    async def on_load(self) -> None:
        await self.config.register(
            {"enableFeature": {"type": "boolean", "default": True, "label": "Enable Example Feature"}}
        )
        self.log.info("Example plugin initialized")

    async def on_unload(self) -> None:
        self.log.info("Example plugin destroyed")

    @on("message", where={"content": contains("!example")})  # the host sends no other message here
    async def handle_message(self, message: dict[str, Any]) -> None:
        if not self.config["enableFeature"]:
            self.log.info("asked for an example, and switched off")
            return
        count = await self.storage.incr("greeted")
        await self.events.emit("greeted", {"count": count})  # plugin.example-plugin.greeted
        await self.analytics.track("greet", message=message["id"])
        await self.host.messages.send(content="Hello from example plugin!", role="assistant")

    @widget("example-widget", title="Example", kind="stat", position="sidebar")
    async def example_widget(self) -> dict[str, Any]:
        return {"value": await self.greeted(), "unit": "greetings"}

    @method
    async def greeted(self) -> int:
        return await self.storage.get("greeted", 0)
