"""HomePlatform: a home automation in miniature: what plugins report to it, and what they may do."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from examples.homeplatform.journal import Journal
from host import Caller, Event, Permission, PluginHost, Verdict

PLUGINS = Path(__file__).parent / "plugins"


def policy(plugin: str, permission: Permission) -> Verdict:
    """Have somebody consent before a plugin gets at devices."""
    match permission.resource:
        case "devices":
            return Verdict.ASK
        case "network" | "status":
            return Verdict.ALLOW
        case _:
            return Verdict.DENY


class HomePlatform:
    """Use it as `async with HomePlatform(folder) as home:`; `show` gets a line for whatever happens."""

    def __init__(
        self,
        folder: Path,
        plugins: Sequence[Path] = (PLUGINS,),
        *,
        show: Callable[[str], None] = lambda line: None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.journal = Journal(folder / "home.db")
        self._show = show
        self.host = host = PluginHost(plugins, data=folder / "host", policy=policy, autoload=True)
        host.api("platform.status", permission="status:send")(self.take_status)
        host.on("plugin.*.*")(self.take_event)

    async def __aenter__(self) -> Self:
        await self.host.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self.host.aclose()
        self.journal.close()

    async def allow(self, plugin: str) -> None:
        """Consent to what a plugin waits for, and start it."""
        await self.host.permissions.consent(plugin)
        await self.host.load(plugin)

    async def take_status(self, caller: Caller, status: str, data: dict[str, Any] | None = None) -> None:
        """Take a plugin's status; it comes from the plugin, unasked."""
        self.journal.set_status(caller.plugin, status, data or {})
        self._show(f"{caller.plugin} is {status}" + (f", {data}" if data else ""))

    async def take_event(self, data: Any, event: Event) -> None:
        """Take an event of a plugin: `plugin.<id>.<name>`."""
        _, plugin, name = event.topic.split(".")
        self.journal.add_event(plugin, name, data)
        self._show(f"{plugin}: {name}, {data}")
