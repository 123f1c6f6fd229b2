"""Uses what a plugin can use, so that the test tools can be held against it in every mode."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from plugin_sdk import (
    Plugin,
    PluginError,
    Request,
    RpcError,
    command,
    cron,
    deny,
    endpoint,
    every,
    hook,
    method,
    on,
    replace,
)

loads = 0


class Everything(Plugin):
    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.cancelled = asyncio.Event()

    async def on_load(self) -> None:
        global loads
        loads += 1
        self.log.info("loaded", limit=self.config["limit"])

    async def parcel_made(self, parcel: Any) -> None:
        self.seen.append(["declared", parcel])

    async def parcel_allowed(self, parcel: Any) -> Any:
        return deny("nothing is left") if parcel == 7 else None

    @method
    async def sure(self) -> bool:
        return await self.ui.confirm("Sure?")

    @method
    async def loads(self) -> int:
        return loads

    @method
    async def greet(self, name: str) -> str:
        return f"Hello, {name}"

    @method
    async def fail(self) -> None:
        raise PluginError("it is too late", {"hour": 23})

    @method
    async def crash(self) -> None:
        raise RuntimeError("nobody expected it")

    @method
    async def count(self, upto: int) -> AsyncIterator[int]:
        for number in range(upto):
            yield number

    @method
    async def hang(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled.set()

    @method
    async def was_cancelled(self) -> bool:
        await self.cancelled.wait()
        return True

    @method
    async def sessions(self) -> Any:
        return await self.host.sessions.list(user="ada")

    @method
    async def follow(self) -> list[Any]:
        return [item async for item in self.host.sessions.follow()]

    @method
    async def ask(self, method: str, params: dict[str, Any]) -> Any:
        """Call the host, and return what it answers, or its error's name."""
        try:
            return await self.host.call(method, params)
        except RpcError as exc:
            return f"{exc.name}: {exc.message}"

    @method
    async def notify_admins(self) -> Any:
        return (await self.notify.admins(title="Report", message="7 sessions"))["delivered"]

    @method
    async def report(self, pages: int) -> int:
        return await self.events.emit("report.ready", {"pages": pages})

    @method
    async def events_seen(self) -> list[Any]:
        return self.seen

    async def on_user_login(self, user: dict[str, Any]) -> None:
        self.seen.append(["by name", user["name"]])

    @on("user.*", where={"name": "ada"})
    async def ada(self, user: dict[str, Any]) -> None:
        self.seen.append(["filtered", user["name"]])

    @on("order.*", durable=True)
    async def order(self, order: dict[str, Any]) -> None:
        self.seen.append(["durable", order["id"]])

    @on("report.ready")
    async def own(self, report: dict[str, Any]) -> None:
        self.seen.append(["own", report["pages"]])

    @hook("message.before_send")
    async def scan(self, message: dict[str, Any]) -> Any:
        if "secret" in message["text"]:
            return deny("it holds a secret")
        if "broken" in message["text"]:
            raise RuntimeError("the scanner is broken")
        return replace({**message, "text": message["text"].strip()})

    @hook("message.strict", fail="closed")
    async def strict(self, message: dict[str, Any]) -> Any:
        raise RuntimeError("the scanner is broken")

    @command("sync", description="Sync one repository")
    async def sync(self, repo: str) -> str:
        if repo == "none":
            raise PluginError("there is no such repository")
        return f"synced {repo}"

    @endpoint("GET", "/stats/{day}", permissions=["sessions:read"])
    async def stats(self, day: str, request: Request) -> dict[str, Any]:
        return {"day": day, "page": request.query.get("page", "1"), "who": request.principal}

    @endpoint("POST", "/upload")
    async def upload(self, request: Request) -> bytes:
        assert isinstance(request.body, bytes)
        return request.body[::-1]

    @every(hours=1)
    async def hourly(self) -> None:
        await self.storage.incr("hours")

    @cron("30 3 * * *")
    async def nightly(self) -> None:
        await self.storage.incr("nights")

    @method
    async def offer(self) -> None:
        """Offer in code what is offered by decorators elsewhere."""
        await self.commands.register("late", self.shout)
        await self.endpoints.register("GET", "/late/{name}", self.page)
        await self.schedule.every(self.tick, minutes=10)
        await self.events.on("late.*", self.late)

    async def shout(self, word: str) -> str:
        return word.upper()

    async def page(self, name: str) -> str:
        return name

    async def tick(self) -> None:
        self.seen.append("tick")

    async def late(self, data: dict[str, Any]) -> None:
        self.seen.append(["late", data["n"]])

    @method
    async def kept(self) -> dict[str, Any]:
        return {key: value async for key, value in self.storage.items()}

    @method
    async def configuration(self) -> dict[str, Any]:
        return dict(self.config)

    async def on_configure(self, config: dict[str, Any]) -> None:
        if config["limit"] > 99:
            raise PluginError("more than the service allows")

    async def on_health(self) -> dict[str, Any]:
        return {"status": "healthy", "seen": len(self.seen)}
