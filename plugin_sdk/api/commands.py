"""`self.commands`: commands of this plugin, and of others.

await self.commands.register("notify-slack", self.send, description="Send a message to Slack")
await self.commands.invoke("github", "sync", {"repo": "plughost"})
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from plugin_sdk.api.host import Link
from plugin_sdk.api.registering import given, register

if TYPE_CHECKING:
    from plugin_sdk.runtime.parts.commands import CommandsPart


COMMAND_TIMEOUT_S = 60.0
"""Deadline of a command that names none: people wait for it."""


class Commands:
    """Commands, its own and those of others. All raise RpcError for what the host refuses."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def register(
        self,
        name: str | Mapping[str, Any],
        handler: Callable[..., Any] | None = None,
        *,
        description: str = "",
    ) -> None:
        """Offer a function as a command until the plugin ends.

        Its annotations say what parameters it takes; a handler with one parameter `args` takes all as one
        mapping. Name, description and handler may be given as one mapping too.
        """
        if isinstance(name, Mapping):
            options, what = name, "a command"
            name, handler = str(given(options, "name", what)), given(options, "handler", what)
            description = str(options.get("description", description))
        if handler is None:
            raise TypeError("a command needs a handler")
        part, named, function = self._part(), name, handler
        await register(
            self._link,
            "commands.register",
            lambda: part.add(named, function, description),
            lambda declared: part.remove(declared.name),
        )

    async def unregister(self, name: str) -> None:
        """Withdraw a command."""
        await self._link.call_host("commands.unregister", {"name": name})
        self._part().remove(name)

    async def list(self) -> "list[dict[str, Any]]":
        """Return all commands of all plugins: `plugin`, `name`, `description` and `params`, a JSON Schema."""
        return await self._link.call_host("commands.list", {})

    async def invoke(
        self,
        plugin: str,
        command: str,
        params: Mapping[str, Any] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> Any:
        """Run a command of a plugin; needs the permission `commands:call:<plugin>`.

        Raises RpcError: as `self.plugins.call` does; of one's own, `call_cycle` for one that is being run.
        """
        call = {
            "plugin": plugin,
            "command": command,
            "params": dict(params or {}),
            "timeout_s": timeout_s,
        }
        return await self._link.call_host(
            "commands.invoke", call, COMMAND_TIMEOUT_S if timeout_s is None else timeout_s
        )

    def _part(self) -> "CommandsPart":
        return self._link.part("commands")
