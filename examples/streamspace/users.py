"""Users: who they are and who is logged in. The namespace `users`, and the five `user.*` events.

A login is believed as it stands; a real service checks a password here.
"""

import secrets
from typing import Literal, Never

import msgspec

from examples.streamspace.database import Database, Table
from host import PluginError, PluginHost, Principal

Tier = Literal["free", "pro", "enterprise"]
OWN = ("sessions:read", "sessions:write", "templates:read")
"""What every user may ask of endpoints."""


class User(msgspec.Struct, frozen=True):
    """One user."""

    id: str
    username: str
    full_name: str
    email: str
    tier: Tier
    admin: bool = False


class Users:
    """All users."""

    def __init__(self, host: PluginHost, database: Database) -> None:
        self._host = host
        self._table = Table(database, "users", User)
        self._logins: dict[str, str] = {}
        """Usernames by token."""
        host.api("users.list", permission="users:read")(self.all)
        host.api("users.get", permission="users:read")(self.get)
        host.api("users.create", permission="users:write")(self.create)
        host.api("users.update", permission="users:write")(self.update)
        host.api("users.delete", permission="users:write")(self.delete)

    async def all(self) -> list[User]:
        """Return every user."""
        return await self._table.all()

    async def get(self, username: str) -> User:
        """Return one user."""
        return await self._table.get(username) or _missing(username)

    async def create(self, username: str, full_name: str, email: str, tier: Tier = "free") -> User:
        """Create a user."""
        return await self.add(User(f"u-{secrets.token_hex(6)}", username, full_name, email, tier))

    async def add(self, user: User) -> User:
        """Add a user, who may be an admin; no plugin reaches this."""
        if not await self._table.add(user.username, user):
            raise PluginError(f"there is a user {user.username!r} already", {"code": "taken"})
        await self._host.emit("user.created", user)
        return user

    async def update(
        self, username: str, full_name: str | None = None, email: str | None = None, tier: Tier | None = None
    ) -> User:
        """Change a user."""
        changed = await self._table.change(username, full_name=full_name, email=email, tier=tier)
        _, user = changed or _missing(username)
        await self._host.emit("user.updated", user)
        return user

    async def delete(self, username: str) -> None:
        """Delete a user."""
        user = await self._table.remove(username) or _missing(username)
        self._logins = {token: name for token, name in self._logins.items() if name != username}
        await self._host.emit("user.deleted", user)

    async def login(self, username: str) -> str:
        """Log a user in; return the token for `principal`."""
        user = await self.get(username)
        token = secrets.token_urlsafe()
        self._logins[token] = username
        await self._host.emit("user.login", user)
        return token

    async def logout(self, token: str) -> None:
        """End a login, if the token is one."""
        username = self._logins.pop(token, None)
        if username is not None:
            await self._host.emit("user.logout", await self.get(username))

    async def principal(self, token: str) -> Principal:
        """Return who a request with this token comes from; nobody in particular for an unknown one."""
        if token not in self._logins:
            return Principal()
        user = await self.get(self._logins[token])
        return Principal(user.username, [*OWN, "users:read"] if user.admin else OWN)


def _missing(username: str) -> Never:
    raise PluginError(f"there is no user {username!r}", {"code": "not_found"})
