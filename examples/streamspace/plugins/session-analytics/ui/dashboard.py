from typing import Any

from plugin_sdk import Plugin, widget


class Dashboard(Plugin):
    """Data for what the host draws; whoever shows it asks again when it likes."""

    async def load_stats(self) -> dict[str, Any]:
        response = await self.api.request("/api/plugins/analytics/stats")
        response.raise_for_status()
        return response.data

    @widget("analytics-dashboard", title="Session Analytics", kind="key-value", position="top", width="full")
    async def dashboard(self) -> dict[str, Any]:
        stats = await self.load_stats()
        return {
            "Total Sessions": stats["total_sessions"],
            "Active Sessions": stats["active_sessions"],
            "Hibernated Sessions": stats["hibernated_sessions"],
        }

    @widget("analytics-templates", title="Top Templates", kind="table", width="half")
    async def top_templates(self) -> dict[str, Any]:
        stats = await self.load_stats()
        return {
            "columns": ["Template", "Sessions"],
            "rows": [[one["template"], one["count"]] for one in stats["top_templates"]],
        }

    @widget("analytics-users", title="Top Users", kind="table", width="half")
    async def top_users(self) -> dict[str, Any]:
        stats = await self.load_stats()
        return {
            "columns": ["User", "Sessions"],
            "rows": [[one["user"], one["count"]] for one in stats["top_users"]],
        }
