from typing import Any

from plugin_sdk import Event, Plugin, RpcError, endpoint, on

KEPT_S = 90 * 24 * 3600
"""How long single events are kept; the counts stay."""


class SessionAnalytics(Plugin):
    async def on_load(self) -> None:
        self.log.info("Session Analytics plugin loaded")
        if self.config["trackingEnabled"]:
            await self.schedule.every(self.report, hours=self.config["reportInterval"], name="report")

    # One subscription for all three, so that a session's stop is never handled before its start. None is
    # lost while the plugin does not run.
    @on(["session.created", "session.started", "session.stopped"], durable=True)
    async def track(self, session: dict[str, Any], event: Event) -> None:
        if not self.config["trackingEnabled"]:
            return
        key, start, data = f"event:{event.seq:012}", f"started:{session['id']}", session
        # All of what one event changes, or nothing; the same event a second time changes nothing.
        change = self.storage.transaction().check(key, 0).incr("events")
        match event.topic:
            case "session.created":
                change.incr(f"template:{session['template']}").incr(f"user:{session['user']}")
            case "session.started":
                change.set(start, event.time, ttl_s=KEPT_S)
            case _:
                if (started := await self.storage.get(start)) is None:
                    return
                data = {**session, "duration": event.time - started}
                change.delete(start)
        name = event.topic.replace(".", "_")
        change.set(key, {"event": name, "data": data, "timestamp": event.time}, ttl_s=KEPT_S)
        try:
            await change.commit()
        except RpcError as error:
            if error.name != "conflict":
                raise

    @endpoint("GET", "/api/plugins/analytics/stats", permissions=["read:sessions"])
    async def get_stats(self) -> dict[str, Any]:
        states = [session["state"] for session in await self.host.sessions.list()]
        return {
            "total_sessions": len(states),
            "active_sessions": states.count("running"),
            "hibernated_sessions": states.count("hibernated"),
            "events": await self.storage.get("events", 0),
            "top_templates": [
                {"template": name, "count": count} for name, count in await self.top("template:")
            ],
            "top_users": [{"user": name, "count": count} for name, count in await self.top("user:")],
        }

    async def top(self, prefix: str) -> list[tuple[str, int]]:
        counts = [(key.removeprefix(prefix), count) async for key, count in self.storage.items(prefix)]
        return sorted(counts, key=lambda one: -one[1])[:5]

    async def report(self) -> None:
        stats = await self.generate_report()
        await self.notify.admins(
            title="Session Analytics Report",
            message=f"{stats['total_sessions']} total sessions, {stats['active_sessions']} active",
            type="info",
        )

    async def generate_report(self) -> dict[str, Any]:
        response = await self.api.request("/api/plugins/analytics/stats")
        response.raise_for_status()
        return response.data
