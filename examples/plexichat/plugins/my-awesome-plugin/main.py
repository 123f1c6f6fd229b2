from collections.abc import AsyncIterator
from typing import Any

from plugin_sdk import widget
from plugin_sdk.kinds import AIProviderPlugin


class AwesomePlugin(AIProviderPlugin):
    async def initialize(self) -> None:
        self.answered = 0

    async def generate_response(self, prompt: str, context: dict[str, Any]) -> str:
        self.answered += 1
        return f"Awesome: {prompt}"

    async def stream_response(self, prompt: str, context: dict[str, Any]) -> AsyncIterator[str]:
        for word in (await self.generate_response(prompt, context)).split():
            yield word

    async def api_handler(self) -> dict[str, Any]:
        return {"answered": self.answered, "users": await self.host.users.list()}

    @widget("dashboard", title="Awesome", kind="stat")
    async def dashboard(self) -> dict[str, Any]:
        return {"value": self.answered, "label": "answered"}
