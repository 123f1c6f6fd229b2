from typing import Any

from plugin_sdk import command
from plugin_sdk.kinds import Cli


class ApiTour(Cli):
    @command("tour-sessions", description="The sessions API")
    async def tour_sessions(self, user: str) -> dict[str, Any]:
        sessions = self.host.sessions
        new = await sessions.create(
            user=user,
            template="firefox-browser",
            state="running",
            resources={"memory": "2Gi", "cpu": "1000m"},
        )
        await sessions.update(id=new["id"], state="hibernated")
        changed = await sessions.get(new["id"])
        of_user = await sessions.list(user=user)
        everybodys = await sessions.list()
        await sessions.delete(new["id"])
        return {"session": changed, "of_user": len(of_user), "all": len(everybodys)}

    @command("tour-users", description="The users API")
    async def tour_users(self) -> dict[str, Any]:
        users = self.host.users
        await users.create(username="john", full_name="John Doe", email="john@example.com", tier="pro")
        await users.update(username="john", tier="enterprise")
        user = await users.get("john")
        names = [one["username"] for one in await users.list()]
        await users.delete("john")
        return {"user": user, "names": names}

    @command("tour-templates", description="The templates API")
    async def tour_templates(self) -> dict[str, Any]:
        templates = self.host.templates
        await templates.create(
            name="my-app", display_name="My App", category="Custom", base_image="myregistry/myapp:latest"
        )
        await templates.update(name="my-app", description="My own application")
        template = await templates.get("my-app")
        names = [one["name"] for one in await templates.list()]
        await templates.delete("my-app")
        return {"template": template, "names": names}

    @command("tour-notifications", description="The notifications API")
    async def tour_notifications(self, user: str) -> None:
        await self.notify.user(
            user,
            title="Important Update",
            message="Your session is ready!",
            type="success",  # success, info, warning or error
            actions=[{"label": "View Session", "url": "/sessions/123"}],
            dismissible=True,
            timeout=5000,  # milliseconds until it goes by itself
        )
        await self.notify.all(
            title="System Maintenance", message="Scheduled maintenance in 1 hour", type="warning"
        )

    @command("tour-email", description="The email API")
    async def tour_email(self, to: str) -> None:
        await self.email.send(
            to=to,
            subject="Welcome to StreamSpace",
            template="welcome",
            data={"username": "john", "login_url": "https://streamspace.example.com/login"},
        )
        await self.email.send(to=to, subject="Custom Email", html="<h1>Hello</h1><p>Welcome!</p>")

    @command("tour-storage", description="The storage API")
    async def tour_storage(self) -> dict[str, Any]:
        await self.storage.set("my-key", {"foo": "bar"})
        data = await self.storage.get("my-key")
        keys = await self.storage.keys()
        await self.storage.delete("my-key")
        return {"data": data, "keys": keys, "left": await self.storage.keys()}
