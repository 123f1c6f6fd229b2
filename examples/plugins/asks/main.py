"""Prompts: the answer comes from a person, at the monitor, on the command line or in the application."""

from typing import Any

from plugin_sdk import Plugin, command

HOW: dict[str, Any] = {
    "type": "object",
    "properties": {
        "how": {
            "title": "How",
            "description": "Slowly leaves the others their bandwidth.",
            "enum": ["slowly", "at once"],
            "default": "slowly",
        },
        "token": {"title": "Token of the new place", "type": "string", "writeOnly": True},
    },
}


class Asks(Plugin):
    @command("move", description="Move everything to another place.")
    async def move(self, to: str) -> str:
        """The command's deadline is the prompt's too: whoever waits for the one waits for the other."""
        answer = await self.ui.prompt(f"Move everything to {to}?", "What is open is closed.", schema=HOW)
        return "nothing was moved" if answer is None else f"moved {answer['how']} to {to}"

    @command("clean", description="Delete what is old.")
    async def clean(self, days: int = 365) -> str:
        """Without an answer the answer is no."""
        if not await self.ui.confirm(f"Delete what is older than {days} days?"):
            return "nothing was deleted"
        return f"deleted what was older than {days} days"
