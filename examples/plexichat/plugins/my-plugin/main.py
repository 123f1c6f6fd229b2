from typing import Any

from plugin_sdk import PluginError, method
from plugin_sdk.kinds import BasePlugin

LONG = 1_000
"""Words of a message that is worth a line in the log."""


class MyPlugin(BasePlugin):
    async def initialize(self) -> None:
        self.logger.info("Plugin initialized")

    async def cleanup(self) -> None:
        self.logger.info("Plugin cleaned up")

    def get_config_schema(self) -> dict[str, Any]:
        return {
            "api_key": {"type": "string", "x-secret": True},
            "enabled": {"type": "boolean", "default": True},
        }

    async def handle_event(self, event_type: str, data: dict[str, Any]) -> None:
        if event_type == "user_message" and self.get_config()["enabled"]:
            await self.process_message(data["content"])

    @method
    async def process_message(self, content: str) -> dict[str, int]:
        """Count the message and its words."""
        self.logger.info("Plugin operation started")
        try:
            words = len(content.split())
            if not words:
                raise ValueError("the message is empty")
            if words > LONG:
                self.logger.warning("Potential issue detected: a message of %d words", words)
        except ValueError as error:
            self.logger.error("Operation failed", exc_info=True)
            raise PluginError(f"Failed to process: {error}") from error
        return {"messages": await self.storage.incr("messages"), "words": words}
