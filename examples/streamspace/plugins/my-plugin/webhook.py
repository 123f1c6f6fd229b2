from typing import Any

from plugin_sdk import Plugin


class Webhook(Plugin):
    # Session events

    async def on_session_created(self, session: dict[str, Any]) -> None:
        self.log.info("Session created", id=session["id"])

    async def on_session_started(self, session: dict[str, Any]) -> None:
        self.log.info("Session started", id=session["id"])

    async def on_session_stopped(self, session: dict[str, Any]) -> None:
        self.log.info("Session stopped", id=session["id"])

    async def on_session_hibernated(self, session: dict[str, Any]) -> None:
        self.log.info("Session hibernated", id=session["id"])

    async def on_session_woken(self, session: dict[str, Any]) -> None:
        self.log.info("Session woken", id=session["id"])

    async def on_session_deleted(self, session: dict[str, Any]) -> None:
        self.log.info("Session deleted", id=session["id"])

    # User events

    async def on_user_created(self, user: dict[str, Any]) -> None:
        self.log.info("User created", username=user["username"])

    async def on_user_updated(self, user: dict[str, Any]) -> None:
        self.log.info("User updated", username=user["username"])

    async def on_user_deleted(self, user: dict[str, Any]) -> None:
        self.log.info("User deleted", username=user["username"])

    async def on_user_login(self, user: dict[str, Any]) -> None:
        self.log.info("User logged in", username=user["username"])

    async def on_user_logout(self, user: dict[str, Any]) -> None:
        self.log.info("User logged out", username=user["username"])
