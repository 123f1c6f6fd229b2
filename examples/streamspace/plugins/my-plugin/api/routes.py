import re
from typing import Any

from plugin_sdk import HttpError, Plugin, Request, endpoint

SESSION_ID = re.compile(r"[a-zA-Z0-9-]+")


def validate_session_id(session_id: Any) -> str:
    if not isinstance(session_id, str):
        raise HttpError(400, "Session ID must be a string")
    if not SESSION_ID.fullmatch(session_id):
        raise HttpError(400, "Invalid session ID format")
    return session_id


class Api(Plugin):
    @endpoint("GET", "/api/plugins/my-plugin/stats", permissions=["read:sessions"])
    async def stats(self) -> dict[str, int]:
        sessions = await self.host.sessions.list()
        running = [session for session in sessions if session["state"] == "running"]
        return {"total": len(sessions), "running": len(running)}

    @endpoint("POST", "/api/plugins/my-plugin/action", permissions=["write:sessions"])
    async def action(self, body: dict[str, Any]) -> dict[str, bool]:
        session_id = validate_session_id(body.get("session_id"))
        await self.host.sessions.update(id=session_id, state=body.get("action"))
        return {"success": True}

    @endpoint("POST", "/create-session", permissions=["write:sessions"])
    async def create_session(self, request: Request, body: dict[str, str]) -> dict[str, Any]:
        session = await self.host.sessions.create(user=request.principal, template=body["template"])
        return {"session": session}
