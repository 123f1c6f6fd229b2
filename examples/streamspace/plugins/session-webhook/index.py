from typing import Any

from plugin_sdk.kinds import Webhook


class SessionWebhook(Webhook):
    async def on_session_created(self, session: dict[str, Any]) -> None:
        self.log.info(f"Session {session['id']} created for user {session['user']}")
        await self.notify.user(
            session["user"],
            title="Session Created",
            message=f"Your {session['template']} session is ready!",
        )

    async def on_user_login(self, user: dict[str, Any]) -> None:
        self.log.info(f"User {user['username']} logged in")
