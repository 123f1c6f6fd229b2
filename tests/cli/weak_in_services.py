"""Plugins that do not bear what services and the machine do to them."""

from typing import Final

from tests.cli.weak import Weak

IN_SERVICES: Final = (
    Weak(
        "storage-broken",
        """
    @method
    async def keep(self) -> None:
        try:
            await self.storage.get("a")
        except RpcError:
            os._exit(10)
""",
        "plugin_died",
    ),
    Weak(
        "disk-full",
        """
    @command("keep", description="Keep")
    async def keep(self) -> None:
        try:
            await self.storage.set("a", 1)
        except RpcError as exc:
            raise RuntimeError("can't keep it") from exc
""",
        "plugin_incident",
    ),
    Weak(
        "host-overloaded",
        """
    @method
    async def keep(self) -> None:
        while True:
            try:
                return await self.storage.set("a", 1)
            except RpcError:
                await asyncio.sleep(0.01)
""",
        "got no answer",
    ),
    Weak(
        "host-silent",
        """
    @method
    async def keep(self) -> None:
        try:
            await self.storage.set("a", 1)
        except (asyncio.CancelledError, RpcError):
            os._exit(11)
""",
        "code 11",
    ),
    Weak(
        "permissions-revoked",
        """
    @method
    async def tell(self) -> None:
        try:
            await self.notify.admins(title="a", message="b")
        except RpcError as exc:
            raise RuntimeError("not told") from exc
""",
        "plugin_incident",
        'permissions = ["notifications:send"]\n',
    ),
    Weak(
        "config-edges",
        """
    async def on_configure(self, config: Any, changed: Any = None) -> None:
        if self.config["size"] == 8:
            os._exit(12)
""",
        "size = 8",
        "[config_schema.properties.size]\ntype = 'integer'\nminimum = 1\nmaximum = 8\ndefault = 2\n",
    ),
    Weak(
        "clock-jump",
        """
    @every(hours=1)
    async def report(self) -> None:
        raise RuntimeError("the clock")
""",
        "schedule report",
    ),
    Weak(
        "killed",
        """
    async def on_load(self) -> None:
        mark = os.path.join(os.environ["PLUGHOST_DATA_DIR"], "lock")
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
""",
        "did not come back",
    ),
    Weak(
        "restarted",
        """
    async def on_load(self) -> None:
        mark = os.path.join(os.environ["PLUGHOST_DATA_DIR"], "lock")
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
""",
        "restart 1 of 10",
    ),
    Weak(
        "stopped",
        """
    async def on_load(self) -> None:
        def watch() -> None:
            while True:
                before = time.monotonic()
                time.sleep(0.05)
                if time.monotonic() - before > 0.7:
                    os._exit(13)
        threading.Thread(target=watch, daemon=True).start()
""",
        "code 13",
    ),
    Weak(
        "terminated",
        """
    async def on_load(self) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
""",
        "after SIGTERM",
    ),
    Weak(
        "unloaded-at-work",
        """
    async def on_unload(self) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            time.sleep(1)
""",
        "did not leave by itself",
    ),
    Weak(
        "few-descriptors",
        """
    @method
    async def look(self) -> None:
        try:
            opened = [open(os.devnull) for _ in range(4)]
        except OSError:
            time.sleep(40)
""",
        "no sign of life",
    ),
    Weak(
        "little-memory",
        """
    @method
    async def fill(self) -> None:
        try:
            bytearray(64 * 1024 * 1024)
        except MemoryError:
            time.sleep(40)
""",
        "no sign of life",
    ),
)
