"""One of everything that a plugin can offer, written so that it bears every fault of `plughost chaos`."""

from collections.abc import AsyncIterator
from typing import Any, cast

from plugin_sdk import Plugin, PluginError, command, deny, endpoint, every, hook, method, on

MAX_NAME_CHARS = 100


class Sturdy(Plugin):
    @method
    async def greet(self, name: str) -> str:
        """Greet, and count who was greeted."""
        if not 0 < len(name) <= MAX_NAME_CHARS or not name.isprintable():
            raise PluginError(f"a name has 1 to {MAX_NAME_CHARS} characters that can be printed")
        await self.storage.incr("greeted")
        return f"{self.config['greeting']} {name}"

    @method
    async def count(self, upto: int) -> AsyncIterator[int]:
        """Count, but not for ever."""
        if not 0 <= upto <= self.config["most"]:
            raise PluginError(f"found {upto}; allowed: 0 to {self.config['most']}")
        for number in range(upto):
            yield number

    @command("greeted", description="Say how many were greeted")
    async def greeted(self) -> int:
        return cast("int", await self.storage.get("greeted", 0))

    @command("forget", description="Forget who was greeted, if somebody agrees")
    async def forget(self) -> bool:
        if not await self.ui.confirm("Forget how many were greeted?", wait_s=30.0):
            return False
        await self.storage.set("greeted", 0)
        return True

    @endpoint("GET", "/greeted/{name}")
    async def page(self, name: str) -> dict[str, Any]:
        return {"name": name[:MAX_NAME_CHARS], "greeted": await self.storage.get("greeted", 0)}

    @hook("message.before_send")
    async def polite(self, message: Any) -> Any:
        # What a hook is asked of may be anything: what can't be read is not let through.
        text: Any = cast("dict[str, Any]", message).get("text") if isinstance(message, dict) else None
        return None if isinstance(text, str) else deny("a message needs a text")

    @on("user.login", durable=True)
    async def seen(self, user: Any) -> None:
        name: Any = cast("dict[str, Any]", user).get("name") if isinstance(user, dict) else None
        if isinstance(name, str) and name:
            # Setting does no harm when the event comes twice; counting would.
            await self.storage.set(f"seen/{name.encode().hex()[:200]}", True)

    @every(hours=24)
    async def report(self) -> None:
        await self.notify.admins(title="Greeted", message=f"{await self.greeted()} so far")
