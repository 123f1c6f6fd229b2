"""HostFacade: the facade of a host in this process, over its parts.

What is asked is answered in `plugin_answers` and `service_answers`; here are the verbs. Each of them is told
to the audit with who asked for it and what came of it, also where it is refused.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import anyio.to_thread

from host.errors import InvalidParams, NotConfigured
from host.facade.pages import BackupPage, CallResult, HookAnswerPage, ReloadPage
from host.facade.rows import PluginRow
from host.facade.verbs import ForDependants
from host.operations.audited import audited
from host.operations.service_verbs import ServiceVerbs
from host.services.http_values import Principal, from_wire, to_wire
from host.supervision.supervisor import Supervisor
from protocol.messages.endpoints import Encoding, HttpResponse


class HostFacade(ServiceVerbs):
    """One host, as front ends see it."""

    def acting_as(self, by: str) -> "HostFacade":
        """Return the same for somebody else, who is named in the audit."""
        return HostFacade(self._parts, self._pictures, self._problems, self._happenings, by)

    # Plugins.

    @audited
    async def plugin_start(self, plugin: str) -> PluginRow:
        """Load a plugin."""
        await self._parts.roster.load(plugin)
        return self._pictures.row(plugin)

    @audited
    async def plugin_stop(self, plugin: str, dependants: ForDependants = "ask") -> PluginRow:
        """Unload a plugin and keep it stopped."""
        await self._parts.roster.unload(plugin, dependants)
        return self._pictures.row(plugin)

    @audited
    async def plugin_restart(self, plugin: str) -> PluginRow:
        """Stop a plugin and load it anew."""
        return await self._do(plugin, Supervisor.restart)

    @audited
    async def plugin_reload(self, plugin: str) -> PluginRow:
        """Let a new run of its package take over."""
        await self._parts.facts.reloads(plugin)
        return self._pictures.row(plugin)

    @audited
    async def plugin_kill(self, plugin: str) -> PluginRow:
        """End a plugin's process without grace."""
        return await self._do(plugin, Supervisor.kill)

    @audited
    async def plugin_enable(self, plugin: str) -> PluginRow:
        """Allow a disabled plugin to be loaded."""
        return await self._do(plugin, Supervisor.enable)

    @audited
    async def plugin_disable(self, plugin: str) -> PluginRow:
        """Stop a plugin and do not let it be loaded."""
        return await self._do(plugin, Supervisor.disable)

    @audited
    async def plugin_reset(self, plugin: str) -> PluginRow:
        """End a plugin's quarantine."""
        return await self._do(plugin, Supervisor.reset)

    async def _do(self, plugin: str, verb: Callable[[Supervisor], Awaitable[None]]) -> PluginRow:
        await verb(self._parts.roster.get(plugin))
        return self._pictures.row(plugin)

    # The host.

    @audited
    async def host_rescan(self) -> ReloadPage:
        """Look for plugins again."""
        rescan = self._parts.facts.rescan
        if rescan is None:
            raise NotConfigured("this host can't look for plugins again")
        return await rescan()

    @audited
    async def host_stop(self) -> None:
        """Have the host end."""
        stop = self._parts.facts.stop
        if stop is None:
            raise NotConfigured(
                "this host is part of another program, which ends it",
                remedy="stop that program; single plugins can be stopped",
            )
        stop()

    @audited
    async def host_backup(self, path: str) -> BackupPage:
        """Write a copy of the data folder."""
        # Archives are rarely written: what writes them is not loaded with the host.
        from host.operations.backup import write_backup

        return await anyio.to_thread.run_sync(write_backup, self._parts.facts.data_folder, path)

    # Calls.

    @audited
    async def call(
        self,
        plugin: str,
        method: str,
        params: dict[str, Any] | None = None,
        timeout_s: float | None = None,
    ) -> CallResult:
        """Call a method of a plugin."""
        started = time.perf_counter()
        value = await self._parts.calls.call(plugin, method, params, timeout_s=timeout_s)
        return CallResult(value=value, seconds=time.perf_counter() - started)

    @audited
    async def command_run(
        self,
        name: str,
        params: dict[str, Any] | None = None,
        plugin: str | None = None,
        timeout_s: float | None = None,
    ) -> CallResult:
        """Run a command."""
        started = time.perf_counter()
        value = await self._parts.commands.run(name, params, plugin=plugin, timeout_s=timeout_s)
        return CallResult(value=value, seconds=time.perf_counter() - started)

    @audited
    async def hook_ask(self, plugin: str, name: str, value: Any = None) -> HookAnswerPage:
        """Ask one plugin's handlers of a hook."""
        self._known(plugin)
        said = await self._parts.hooks.run(name, value, only=plugin)
        return HookAnswerPage(allowed=said.allowed, value=said.value, reason=said.reason, code=said.code)

    @audited
    async def endpoint_request(
        self,
        plugin: str,
        method: str,
        path: str,
        query: dict[str, list[str]] | None = None,
        headers: dict[str, str] | None = None,
        body: Any = None,
        encoding: Encoding = "none",
        principal: str = "",
        permissions: tuple[str, ...] = (),
    ) -> HttpResponse:
        """Have one of a plugin's HTTP endpoints answer a request."""
        self._known(plugin)
        if "?" in path:
            raise InvalidParams(
                "path: found a query in it; allowed: a path alone",
                remedy="give it in `query`, where the audit does not show it",
            )
        request = from_wire(method, path, query, headers, body, encoding)
        asks = Principal(principal, permissions)
        return to_wire(await self._parts.endpoints.dispatch(request, asks, only=plugin))
