"""Inbox: notifications of plugins, kept for the users whom they are for."""

import anyio
import msgspec

from examples.streamspace.database import Database, Table
from examples.streamspace.users import User, Users
from host import Notification, PluginHost


class Message(msgspec.Struct, frozen=True):
    """One notification, as a user interface shows it."""

    user: str
    plugin: str
    title: str
    text: str
    type: str
    actions: list[dict[str, str]]
    dismissible: bool
    timeout_ms: int | None


class Inbox:
    """The notifications of all users."""

    def __init__(self, host: PluginHost, database: Database, users: Users) -> None:
        self._users = users
        self._table = Table(database, "notifications", Message)
        self._arrived = anyio.Event()
        host.notifications.on(self.deliver)

    async def deliver(self, notification: Notification) -> None:
        """Keep a notification for everybody whom it is for; what this raises, the plugin is told."""
        people = [user for user in await self._users.all() if _is_for(notification, user)]
        if not people and notification.audience == "user":
            raise LookupError(f"there is no user {notification.user!r}")
        actions = [{"label": action.label, "url": action.url} for action in notification.actions]
        for user in people:
            message = Message(
                user.username,
                notification.plugin,
                notification.title,
                notification.message,
                notification.type,
                actions,
                notification.dismissible,
                notification.timeout_ms,
            )
            await self._table.add(f"{notification.id} {user.username}", message)
        self._arrived.set()
        self._arrived = anyio.Event()

    async def of(self, username: str, *, at_least: int = 0) -> list[Message]:
        """Return what a user was told, oldest first; wait until it is `at_least` so many messages."""
        while True:
            arrived = self._arrived
            found = [message for message in await self._table.all() if message.user == username]
            if len(found) >= at_least:
                return found
            await arrived.wait()


def _is_for(notification: Notification, user: User) -> bool:
    match notification.audience:
        case "user":
            return notification.user in (user.id, user.username)
        case "admins":
            return user.admin
        case "all":
            return True
