"""Says when somebody moves; it needs a device, so it starts when somebody has consented to that."""

from typing import Any

from plugin_sdk import Plugin


class Motion(Plugin):
    async def on_command(self, command: str, params: dict[str, Any]) -> str:
        await self.events.emit("moved", {"room": params.get("room", "hall")})
        return "noted"
