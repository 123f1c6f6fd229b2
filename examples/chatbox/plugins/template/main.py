"""Answers whoever says !template, by the names of other plugin systems: initialize, context.api, destroy."""

from typing import Any

from plugin_sdk import Plugin


class TemplatePlugin(Plugin):
    async def initialize(self, context: Any) -> None:
        self.context = context
        api = context.api
        await api.on_message(self.handle_message)
        await api.on("answered", self.count)
        await api.register_component(
            {"name": "template-widget", "title": "Template", "component": self.show, "position": "sidebar"}
        )
        await api.add_menu_item({"label": "Say hello", "icon": "wave", "handler": self.answer})
        await api.register_settings({"answer": {"type": "string", "default": "Hello from the template!"}})

    async def destroy(self) -> None:
        self.log.info("Template plugin destroyed")

    async def handle_message(self, message: dict[str, Any]) -> None:
        if "!template" in message["content"]:
            await self.answer()

    async def answer(self) -> None:
        api = self.context.api
        await api.messages.send(content=api.get_settings()["answer"], role="assistant")
        await api.emit("answered", {})

    async def count(self, data: dict[str, Any]) -> None:
        await self.context.api.get_storage().incr("answered")

    async def show(self) -> str:
        return f"answered {await self.context.storage.get('answered', 0)} times"
