"""Sessions: what users run. The namespace `sessions` of the plugins' API, and the six `session.*` events."""

import secrets
from typing import Literal, Never

import msgspec

from examples.streamspace.database import Database, Table
from examples.streamspace.templates import Templates
from examples.streamspace.users import Users
from host import PluginError, PluginHost

State = Literal["pending", "running", "hibernated", "stopped"]


class Session(msgspec.Struct, frozen=True):
    """One session."""

    id: str
    user: str
    template: str
    state: State
    resources: dict[str, str]


class Sessions:
    """All sessions."""

    def __init__(self, host: PluginHost, database: Database, users: Users, templates: Templates) -> None:
        self._host = host
        self._users = users
        self._templates = templates
        self._table = Table(database, "sessions", Session)
        host.api("sessions.list", permission="sessions:read")(self.find)
        host.api("sessions.get", permission="sessions:read")(self.get)
        host.api("sessions.create", permission="sessions:write")(self.create)
        host.api("sessions.update", permission="sessions:write")(self.update)
        host.api("sessions.delete", permission="sessions:write")(self.delete)

    async def find(self, user: str | None = None) -> list[Session]:
        """Return every session, or those of one user."""
        return [session for session in await self._table.all() if user in (None, session.user)]

    async def get(self, id: str) -> Session:
        """Return one session."""
        return await self._table.get(id) or _missing(id)

    async def create(
        self, user: str, template: str, state: State = "running", resources: dict[str, str] | None = None
    ) -> Session:
        """Create a session for a user."""
        await self._users.get(user)
        await self._templates.get(template)
        session = Session(f"s-{secrets.token_hex(6)}", user, template, state, resources or {})
        await self._table.add(session.id, session)
        await self._host.emit("session.created", session)
        if state == "running":
            await self._host.emit("session.started", session)
        return session

    async def update(
        self, id: str, state: State | None = None, resources: dict[str, str] | None = None
    ) -> Session:
        """Change a session; a new state is an event."""
        before, session = await self._table.change(id, state=state, resources=resources) or _missing(id)
        if session.state != before.state and (topic := _topic(before.state, session.state)):
            await self._host.emit(topic, session)
        return session

    async def delete(self, id: str) -> None:
        """Delete a session."""
        session = await self._table.remove(id) or _missing(id)
        await self._host.emit("session.deleted", session)


def _topic(before: State, now: State) -> str:
    match now:
        case "running":
            return "session.woken" if before == "hibernated" else "session.started"
        case "hibernated":
            return "session.hibernated"
        case "stopped":
            return "session.stopped"
        case "pending":
            return ""


def _missing(id: str) -> Never:
    raise PluginError(f"there is no session {id!r}", {"code": "not_found"})
