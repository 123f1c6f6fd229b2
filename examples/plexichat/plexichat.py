"""PlexiChat: a chat service in miniature: what is scanned, who hears of it, and what plugins may do."""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from examples.plexichat.archive import Archive, Message
from examples.plexichat.shelf import Shelf
from host import Caller, Event, Permission, PluginError, PluginHost, Verdict

PLUGINS = Path(__file__).parent / "plugins"
VERSION = "1.2.0"

ALLOWED = {"messages:send", "network:connect", "files:read", "users:read"}


def policy(plugin: str, permission: Permission) -> Verdict:
    return Verdict.ALLOW if f"{permission.resource}:{permission.action}" in ALLOWED else Verdict.DENY


NAME = re.compile(r"[\w.-]{1,50}")
"""What people may be called: nobody's name looks like a plugin's, `plugin:workflow`."""


class Unsafe(Exception):
    """A message or file was not let through; the text says why."""


class PlexiChat:
    """Use it as `async with PlexiChat(folder) as chat:`; `show` is called with every line to be seen."""

    def __init__(
        self,
        folder: Path,
        plugins: Sequence[Path] = (PLUGINS,),
        *,
        config: Mapping[str, Mapping[str, Any]] | None = None,
        show: Callable[[str], None] = lambda line: None,
    ) -> None:
        installed = folder / "plugins"
        installed.mkdir(parents=True, exist_ok=True)
        self.archive = Archive(folder / "chat.db")
        self._show = show
        self.host = host = PluginHost(
            [*plugins, installed],
            data=folder / "host",
            config=config,
            policy=policy,
            autoload=True,
            app="plexichat",
            app_version=VERSION,
        )
        self.shelf = Shelf(host, folder / "shelf", installed)
        host.api("messages.send", permission="messages:send")(self.send)
        host.api("users.list", permission="users:read")(self.users)
        host.on("user_message")(self.on_message)
        host.on(["user_login", "user_logout"])(self.on_user)

    async def __aenter__(self) -> Self:
        await self.host.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self.host.aclose()
        self.archive.close()

    # What people do.

    async def login(self, user: str) -> None:
        """Come in. Raises ValueError for a name that nobody can have."""
        await self.host.emit("user_login", {"name": _name(user)})

    async def logout(self, user: str) -> None:
        """Go. Raises ValueError for a name that nobody can have."""
        await self.host.emit("user_logout", {"name": _name(user)})

    async def post(self, user: str, content: str) -> Message:
        """Say something. Raises Unsafe where a scanner objects, or gives no answer; ValueError for a name."""
        message = await self._say(_name(user), content)
        await self.host.emit("user_message", asdict(message))
        return message

    async def upload(self, user: str, file: Path) -> None:
        """Share a file. Raises Unsafe where a scanner objects, or gives no answer; ValueError for a name."""
        user = _name(user)
        result = await self.host.scan_file(file)
        if not result.safe:
            raise Unsafe(f"{file.name} refused by {result.by}: {', '.join(result.threats) or result.reason}")
        self.archive.add_file(user, file.name)

    async def ask(self, provider: str, prompt: str, **context: Any) -> str:
        """Return the answer of an AI provider."""
        return await self.host.call(provider, "generate_response", {"prompt": prompt, "context": context})

    def ask_streaming(self, provider: str, prompt: str, **context: Any) -> AsyncIterator[str]:
        """Yield the answer of an AI provider, piece by piece."""
        return self.host.stream(provider, "stream_response", {"prompt": prompt, "context": context})

    # What operators do.

    def system_config(self) -> dict[str, Any]:
        """Return what holds for all plugins."""
        return {"app": "plexichat", "version": VERSION, "permissions": sorted(ALLOWED)}

    # What plugins do.

    async def send(self, caller: Caller, content: str) -> int:
        """Say something in the plugin's own name, which its connection tells; scanned like any message."""
        try:
            message = await self._say(f"plugin:{caller.plugin}", content)
        except Unsafe as error:
            raise PluginError(str(error), {"code": "unsafe"}) from None
        self._show(f"{message.sender}: {content}")
        return message.id

    async def users(self) -> list[str]:
        """Return the names of all who said something."""
        return sorted({one.sender for one in self.archive.messages() if not one.by_plugin})

    async def _say(self, sender: str, content: str) -> Message:
        result = await self.host.scan_message(content)
        if not result.safe:
            raise Unsafe(f"message refused by {result.by}: {result.reason}")
        message = self.archive.add(sender, content)
        await self.host.emit("message_received", {**asdict(message), "by_plugin": message.by_plugin})
        return message

    # What follows from events.

    async def on_message(self, data: dict[str, Any]) -> None:
        self._show(f"{data['sender']}: {data['content']}")

    async def on_user(self, data: dict[str, Any], event: Event) -> None:
        self._show(f"{data['name']} did {event.topic}")


def _name(user: str) -> str:
    if not NAME.fullmatch(user):
        raise ValueError(f"user: found {user[:50]!r}; allowed: 1 to 50 letters, digits, `_`, `.` and `-`")
    return user
