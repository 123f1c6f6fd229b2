"""OpenAI's chat completions by the standard library; any server of the same shape will do."""

import asyncio
import json
from collections.abc import AsyncIterator
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from plugin_sdk import PluginError
from plugin_sdk.kinds import AIProviderPlugin


class OpenAIProvider(AIProviderPlugin):
    async def initialize(self) -> None:
        self.logger.info("Provider initialized for %s", self.get_config()["model"])

    async def generate_response(self, prompt: str, context: dict[str, Any]) -> str:
        messages = [
            {"role": "system", "content": context.get("system_prompt", "")},
            {"role": "user", "content": prompt},
        ]
        with await asyncio.to_thread(self.create, messages) as response:
            answer = json.loads(await asyncio.to_thread(response.read))
        return answer["choices"][0]["message"]["content"]

    async def stream_response(self, prompt: str, context: dict[str, Any]) -> AsyncIterator[str]:
        messages = [{"role": "user", "content": prompt}]
        with await asyncio.to_thread(self.create, messages, stream=True) as response:
            while line := await asyncio.to_thread(response.readline):
                data = line.decode().removeprefix("data: ").strip()
                if data and data != "[DONE]":
                    content = json.loads(data)["choices"][0]["delta"].get("content")
                    if content:
                        yield content

    def create(self, messages: list[dict[str, str]], *, stream: bool = False) -> HTTPResponse:
        """Ask for a completion. Blocks, so it runs in a thread. Raises PluginError."""
        config = self.get_config()
        body = {"model": config["model"], "messages": messages, "stream": stream}
        request = Request(
            f"{config['base_url']}/chat/completions",
            json.dumps(body).encode(),
            {"authorization": f"Bearer {config['api_key']}", "content-type": "application/json"},
        )
        try:
            return urlopen(request, timeout=config["timeout"])
        except HTTPError as error:
            with error:
                said = error.read(1000).decode(errors="replace")
            self.logger.error("Operation failed: %s", error.code)
            raise PluginError(f"Failed to process: {error.code} {said}") from None
        except (OSError, HTTPException) as error:
            self.logger.error("Operation failed", exc_info=True)
            raise PluginError(f"Failed to process: {error}") from error
