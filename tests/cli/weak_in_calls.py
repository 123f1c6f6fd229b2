"""Plugins that do not bear what happens to their wire and their calls."""

from typing import Final

from tests.cli.weak import Weak

IN_CALLS: Final = (
    Weak("torn-frame", "lines", "exited with code 1", plain=True),
    Weak("junk", "lines", "exited with code 1", plain=True),
    Weak("stray-notifications", "notifications", "exited with code 3", plain=True),
    Weak("unknown-method", "anything", "as if it were there", plain=True),
    Weak("late", "cancel", "exited with code 3", plain=True),
    Weak("params-missing", "missing", "plugin_died", plain=True),
    Weak("params-unknown", "unknown", "plugin_died", plain=True),
    Weak("stdin-closed", "stays", "still ran", plain=True),
    Weak(
        "cancelled",
        """
    @method
    async def work(self) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            os._exit(5)
""",
        "code 5",
    ),
    Weak(
        "calls-at-once",
        """
    running = 0
    @method
    async def work(self) -> None:
        self.running += 1
        if self.running > 10:
            raise RuntimeError("too many")
        await asyncio.sleep(0.2)
        self.running -= 1
""",
        "plugin_incident",
    ),
    Weak("slow-host", "impatient", "plugin_died", plain=True),
    Weak(
        "blocked-loop",
        """
    @method
    async def work(self) -> None:
        time.sleep(4)
""",
        "works on work",
    ),
    Weak(
        "stream-left",
        """
    @method
    async def items(self):
        try:
            while True:
                yield 1
        finally:
            os._exit(7)
""",
        "code 7",
    ),
    Weak(
        "params-null",
        """
    @method
    async def greet(self, name: str | None) -> str:
        return name.upper()
""",
        "plugin_incident",
    ),
    Weak(
        "params-wrong-type",
        """
    @method
    async def greet(self, name: Any) -> str:
        return name.upper()
""",
        "plugin_incident",
    ),
    Weak(
        "params-huge",
        """
    @method
    async def zeros(self, count: int) -> int:
        return len([0] * count) if count >= 0 else os._exit(8)
""",
        "plugin_",
    ),
    Weak(
        "params-text",
        """
    @command("read", description="Read a file")
    async def read(self, name: str) -> str:
        raise RuntimeError("odd") if not name.isalnum() else None
""",
        "plugin_incident",
    ),
    Weak(
        "endpoints-odd",
        """
    @endpoint("POST", "/names")
    async def add(self, request: Any) -> Any:
        return {"name": request.json()["name"].upper()}
""",
        "plugin_incident",
    ),
    Weak(
        "hooks-odd",
        """
    @hook("message.before_send")
    async def look(self, message: Any) -> None:
        message["text"].upper()
""",
        "hook_failed",
    ),
    Weak(
        "events-odd",
        """
    @on("user.login")
    async def login(self, user: Any) -> None:
        user["name"].upper()
""",
        " raised ",
    ),
    Weak(
        "events-flood",
        """
    seen = 0
    @on("user.login")
    async def login(self, user: Any) -> None:
        self.seen += 1
        if self.seen > 1_000:
            os._exit(9)
""",
        "code 9",
    ),
    Weak(
        "events-twice",
        """
    seen = False
    @on("user.login", durable=True)
    async def login(self, user: Any) -> None:
        if self.seen:
            raise RuntimeError("again")
        self.seen = True
""",
        "RuntimeError",
    ),
    Weak(
        "storage-full",
        """
    @method
    async def keep(self) -> None:
        try:
            await self.storage.set("a", 1)
        except RpcError as exc:
            raise RuntimeError("can't keep it") from exc
""",
        "plugin_incident",
    ),
)
