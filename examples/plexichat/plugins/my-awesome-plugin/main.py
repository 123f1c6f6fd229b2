from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from plugin_sdk import widget
from plugin_sdk.kinds import AIProviderPlugin

TEMPLATE = (Path(__file__).parent / "assets/templates/answer.txt").read_text().strip()
REMEMBERED = 100
"""Answers in the cache; the one that was put there first goes first."""


class AwesomePlugin(AIProviderPlugin):
    async def initialize(self) -> None:
        self.answered = self.known = 0
        self.cache: dict[str, str] = {}

    async def generate_response(self, prompt: str, context: dict[str, Any]) -> str:
        self.answered += 1
        if prompt in self.cache:
            self.known += 1
            return self.cache[prompt]
        answer = self.cache[prompt] = TEMPLATE.replace("{prompt}", prompt)
        if len(self.cache) > REMEMBERED:
            del self.cache[next(iter(self.cache))]
        return answer

    async def stream_response(self, prompt: str, context: dict[str, Any]) -> AsyncIterator[str]:
        for word in (await self.generate_response(prompt, context)).split():
            yield word

    async def api_handler(self) -> dict[str, Any]:
        return {"answered": self.answered, "known": self.known, "users": await self.host.users.list()}

    @widget("dashboard", title="Awesome", kind="stat")
    async def dashboard(self) -> dict[str, Any]:
        return {"value": self.answered, "label": "answered"}
