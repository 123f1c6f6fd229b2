from html import escape
from typing import Any

from plugin_sdk import RpcError
from plugin_sdk.kinds import Webhook


class CarefulNotifier(Webhook):
    async def on_session_created(self, session: dict[str, Any]) -> None:
        # A message and fields; who wrote the line, and when, adds the host.
        self.log.info(
            "Session created",
            session_id=session["id"],
            user=session["user"],
            template=session["template"],
        )
        try:
            await self.send_notification(session)
        except RpcError as error:
            self.log.error(
                "careful-notifier",
                "notification-failed",
                {"error": error.message, "session_id": session["id"]},
            )

    async def send_notification(self, session: dict[str, Any]) -> None:
        # Only because this application's pages take notifications as HTML.
        await self.notify.user(
            session["user"],
            title=escape(session["template"]),
            message=escape(f"Session {session['id']} is ready"),
        )
