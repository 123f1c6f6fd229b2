"""Plugins that do not bear one fault of `plughost chaos` each, and what is said of them."""

from dataclasses import dataclass
from typing import Final

_HEAD: Final = """
import asyncio, os, signal, threading, time
from typing import Any
from plugin_sdk import Plugin, RpcError, command, endpoint, every, hook, method, on

class Weak(Plugin):
"""

PLAIN: Final = """
import json, os, sys

def send(message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\\n")
    sys.stdout.flush()

WEAKNESS = "%s"
if WEAKNESS == "impatient":
    os.set_blocking(1, False)
SCHEMA = {"name": "name", "required": True, "schema": {"type": "string"}}
for line in sys.stdin:
    try:
        asked = json.loads(line)
    except ValueError:
        if WEAKNESS == "lines":
            raise
        continue
    if not isinstance(asked, dict) or not isinstance(asked.get("method"), str):
        continue
    method, params = asked["method"], asked.get("params") or {}
    if "id" not in asked:
        if WEAKNESS == "notifications" or (WEAKNESS == "cancel" and method == "$/cancel"):
            raise SystemExit(3)
        continue
    if method == "plugin.initialize":
        send({"id": asked["id"], "result": {"protocol_version": 1, "methods": [{"name": "greet"}]}})
    elif method == "rpc.discover":
        send({"id": asked["id"], "result": {"methods": [{"name": "greet", "params": [SCHEMA]}]}})
    elif method in ("plugin.load", "plugin.unload", "plugin.ping"):
        send({"id": asked["id"], "result": {}})
    elif method == "greet":
        if WEAKNESS == "unknown" and set(params) - {"name", "_meta"}:
            raise SystemExit(4)
        send({"id": asked["id"], "result": "Hello " + params["name"] if WEAKNESS == "missing" else ""})
    elif WEAKNESS == "anything":
        send({"id": asked["id"], "result": None})
    else:
        send({"id": asked["id"], "error": {"code": -32601, "message": "there is no method " + method}})
while WEAKNESS == "stays":
    __import__("time").sleep(1)
"""

_COMMAND: Final = 'command = ["python3", "main.py"]\n'


@dataclass(frozen=True, slots=True)
class Weak:
    """One."""

    fault: str
    code: str
    said: str
    """Found in what happened."""
    manifest: str = ""
    plain: bool = False

    @property
    def source(self) -> str:
        """The plugin's file."""
        return PLAIN.replace("%s", self.code) if self.plain else _HEAD + self.code


WEAK: Final = (
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
