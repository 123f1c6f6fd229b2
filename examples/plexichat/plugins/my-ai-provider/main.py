from collections.abc import AsyncIterator, Iterator
from typing import Any

from plugin_sdk.kinds import AIProviderPlugin


class MyAIProvider(AIProviderPlugin):
    async def generate_response(self, prompt: str, context: dict[str, Any]) -> str:
        """Generate an answer."""
        return "".join(self.generate_chunks(prompt))

    async def stream_response(self, prompt: str, context: dict[str, Any]) -> AsyncIterator[str]:
        """Stream the answer."""
        for chunk in self.generate_chunks(prompt):
            yield chunk

    def generate_chunks(self, prompt: str) -> Iterator[str]:
        yield "AI response"
        yield f" to {prompt!r}"
