"""Chatbox: a chat program in miniature: its messages, what plugins may do with them, and their sandbox."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from examples.chatbox.archive import Archive, Message
from examples.chatbox.installer import Installer
from host import Caller, InvalidParams, Limits, Permission, PluginHost, Verdict

PLUGINS = Path(__file__).parent / "plugins"

SANDBOX = Limits(call_timeout_s=5.0, memory_bytes=50 * 1024 * 1024)
"""What a plugin gets whose manifest asks for nothing else."""

ALLOWED = {"messages", "storage", "plugins"}
"""What plugins may ask for permissions on."""


def policy(plugin: str, permission: Permission) -> Verdict:
    return Verdict.ALLOW if permission.resource in ALLOWED else Verdict.DENY


class Chatbox:
    """Use it as `async with Chatbox(folder) as chatbox:`; `show` is called with every message."""

    def __init__(
        self,
        folder: Path,
        plugins: Sequence[Path] = (PLUGINS,),
        *,
        sandbox: Limits = SANDBOX,
        show: Callable[[Message], None] = lambda message: None,
    ) -> None:
        installed = folder / "plugins"
        installed.mkdir(parents=True, exist_ok=True)
        self.archive = Archive(folder / "chat.db")
        self._show = show
        self.host = host = PluginHost(
            plugins=[*plugins, installed],
            data=folder / "host",
            limits=sandbox,
            policy=policy,
            autoload=True,
            app="chatbox",
            app_version="1.0.0",
        )
        self.installer = Installer(host, installed, folder / "backups", sandbox)
        host.api("messages.send", permission="messages:send")(self.send)
        host.api("messages.latest", permission="messages:read")(self.latest)
        host.events.declare("message", permission="messages:read", description="Somebody said something")
        for read in ("get", "entry", "keys", "items", "usage"):
            host.permissions.demand(f"storage.{read}", "storage:read")
        host.permissions.demand("storage", "storage:write")  # whatever is left of it
        host.on("plugin_usage")(self.on_usage)

    async def __aenter__(self) -> Self:
        await self.host.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self.host.aclose()
        self.archive.close()

    # What people do.

    async def post(self, user: str, content: str) -> Message:
        """Say something."""
        return await self._add(content, "user", {"user": user})

    def active(self) -> list[str]:
        return [view.id for view in self.host.plugins() if view.state == "active"]

    # What plugins do.

    async def send(
        self, caller: Caller, content: str, role: str = "assistant", metadata: dict[str, Any] | None = None
    ) -> int:
        """Say something; the message is marked as the plugin's and nobody else's, whatever it says itself."""
        if role not in ("assistant", "system"):
            raise InvalidParams(f"role: found {role[:50]!r}; allowed: assistant, system")
        told = {key: value for key, value in (metadata or {}).items() if key != "user"}
        message = await self._add(content, role, {**told, "plugin": caller.plugin})
        return message.id

    async def latest(self, limit: int = 20) -> list[dict[str, Any]]:
        """Return the last messages, the oldest first."""
        return [asdict(message) for message in self.archive.latest(max(1, min(limit, 100)))]

    # What follows.

    async def on_usage(self, usage: dict[str, Any]) -> None:
        self.archive.add_usage(**usage)

    async def _add(self, content: str, role: str, metadata: dict[str, Any]) -> Message:
        message = self.archive.add(content, role, metadata)
        self._show(message)
        await self.host.emit("message", asdict(message))
        return message
