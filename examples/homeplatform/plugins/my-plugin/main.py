"""Lights, switched on and off by command."""

from typing import Any

from plugin_sdk import Plugin, PluginError


class MyPlugin(Plugin):
    async def on_load(self) -> None:
        self.lit: set[str] = set()

    async def on_health(self) -> str:
        return "healthy"

    async def on_command(self, command: str, params: dict[str, Any]) -> str:
        match command, params:
            case "turn_on", {"device": str(device)}:
                self.lit.add(device)
            case "turn_off", {"device": str(device)}:
                self.lit.discard(device)
            case _:
                raise PluginError("allowed: turn_on and turn_off, each with a device")
        self.log.info("switched", command=command, device=device)
        await self.events.emit("switched", {"device": device, "on": device in self.lit})
        await self.host.platform.status(status="running", data={"lit": sorted(self.lit)})
        return f"Device turned {'on' if device in self.lit else 'off'}"

    async def on_status(self) -> dict[str, Any]:
        return {"status": "running", "data": {"lit": sorted(self.lit)} if self.lit else {}}
