from typing import Any

from plugin_sdk.kinds import Webhook


class Welcome(Webhook):
    async def on_user_created(self, user: dict[str, Any]) -> None:
        await self.notify.user(
            user["id"],
            title="Welcome to StreamSpace!",
            message=f"Hi {user['full_name']}, welcome aboard! "
            "Get started by browsing the application catalog.",
            type="info",
            actions=[{"label": "Browse Catalog", "url": "/catalog"}],
        )
        if self.config["sendWelcomeEmail"]:
            await self.email.send(
                to=user["email"], subject="Welcome to StreamSpace", template="welcome", data={"user": user}
            )

    async def on_session_created(self, session: dict[str, Any]) -> None:
        await self.notify.user(
            session["user"],
            title="Session Ready",
            message=f"Your {session['template']} session is ready to use!",
            type="success",
            actions=[{"label": "Open Session", "url": f"/sessions/{session['id']}"}],
        )
