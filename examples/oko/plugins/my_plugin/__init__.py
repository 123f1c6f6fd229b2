"""Counts visitors, and shows what was done to plugins."""

from typing import Any

from plugin_sdk import Plugin, command, widget


class MyPlugin(Plugin):
    @command("action", description="Count a visitor")
    async def action(self, name: str) -> str:
        count = await self.storage.incr("visitors")
        return f"{name} is visitor {count}"

    @widget("visitors", title="Visitors", kind="stat")
    async def visitors(self) -> int:
        return await self.storage.get("visitors", 0)

    @widget("operations", title="Latest operations", kind="table")
    async def operations(self) -> dict[str, Any]:
        rows = await self.host.dashboard.operations(limit=5)
        return {"columns": ["operation", "plugin", "outcome"], "rows": rows}
