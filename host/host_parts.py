"""Host parts: what a host offers beside its verbs, one property for each. `PluginHost` inherits them.

What is declared in them (topics, handlers) can be declared before the host is entered.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from host.assembly import Assembly
from host.facade import Facade, PluginView
from host.observe.analytics import Analytics
from host.observe.plugin_logs import PluginLogs
from host.observe.recorder import FlightRecorder
from host.routing.events_view import EventsView
from host.routing.hooks import Hooks, HookVerdict
from host.services.commands import Commands
from host.services.configuration import Configuration
from host.services.contract import Contract
from host.services.endpoints import Endpoints
from host.services.forgetting import Forgotten
from host.services.http_values import Principal, Request, Response
from host.services.notifications import Notifications
from host.services.permissions import Permissions
from host.services.prompts import Prompts
from host.services.scanner import ScanResult
from host.services.schedules import Schedules
from host.services.storage_view import StorageView
from host.services.ui import Ui
from protocol.messages.contract import HealthAnswer, StatusAnswer

_F = TypeVar("_F", bound=Callable[..., Any])


class HostParts:
    """The parts of one host, for the embedding program."""

    _parts: Assembly

    @property
    def facade(self) -> Facade:
        """What front ends see of this host and do to it, such as a monitor in this process."""
        return self._parts.running().facade

    @property
    def events(self) -> EventsView:
        """Events: topics, who is behind, dead letters, replay."""
        return EventsView(self._parts.events, self._parts.roster.get)

    @property
    def recorder(self) -> FlightRecorder:
        """What happened to each plugin, and why: `await host.recorder.why(id)`."""
        return self._parts.recorder

    @property
    def logs(self) -> PluginLogs:
        """The last log lines of each plugin, `await host.logs(id)`, and from which level on they are kept."""
        return self._parts.recorder.logs

    @property
    def analytics(self) -> Analytics:
        """What plugins are used for."""
        return self._parts.recorder.analytics

    @property
    def permissions(self) -> Permissions:
        """What plugins may do: consent, grant, revoke, and how often each permission was used."""
        return Permissions(self._parts.roster.get, self._parts.gateway.demand)

    def api_document(self) -> dict[str, Any]:
        """Return the OpenRPC document of what plugins may call, as `rpc.discover` answers them."""
        return self._parts.gateway.describe()

    @property
    def storage(self) -> StorageView:
        """What plugins keep, for an operator to look at and to mend."""
        return StorageView(self._parts.storage)

    @property
    def configuration(self) -> Configuration:
        """Configuration of plugins: to see, to change, to undo."""
        return self._parts.configuration

    @property
    def notifications(self) -> Notifications:
        """Notifications of plugins to people: who delivers them, and the latest ones."""
        return self._parts.notifications

    @property
    def prompts(self) -> Prompts:
        """What plugins ask of whoever operates the host: who hears of it, what waits, answers."""
        return self._parts.prompts

    @property
    def hooks(self) -> Hooks:
        """Where plugins are asked whether something may happen."""
        return self._parts.hooks

    def hook(self, name: str, value: Any = None) -> Coroutine[Any, Any, HookVerdict]:
        """Ask whether something may happen: `verdict = await host.hook("message.before_send", message)`.

        Raises:
            HookCycle: It is triggered by what one of its own handlers does while it is asked.
            InvalidParams: The value can't be expressed in JSON, or no hook can have this name.
        """
        return self._parts.running().hooks.run(name, value)

    @property
    def contract(self) -> Contract:
        """What every plugin answers: health, status, a changed configuration."""
        return self._parts.contract

    def providers(self, kind: str) -> tuple[PluginView, ...]:
        """Return the active plugins of a type, such as `ai_provider`."""
        return self._parts.kinds.providers(kind)

    def scan_message(self, text: str) -> Coroutine[Any, Any, ScanResult]:
        """Have the security plugins look at a text; see `Scanner.scan_message`."""
        return self._parts.running().scanner.scan_message(text)

    def scan_file(self, path: str | Path) -> Coroutine[Any, Any, ScanResult]:
        """Have the security plugins look at a file; see `Scanner.scan_file`."""
        return self._parts.running().scanner.scan_file(path)

    def health(self, plugin: str) -> Coroutine[Any, Any, HealthAnswer]:
        """Ask how a plugin is; see `Contract.health`."""
        return self.contract.health(plugin)

    def status(self, plugin: str) -> Coroutine[Any, Any, StatusAnswer]:
        """Ask what a plugin does; see `Contract.status`."""
        return self.contract.status(plugin)

    @property
    def commands(self) -> Commands:
        """What plugins offer to be invoked by name."""
        return self._parts.commands

    @property
    def endpoints(self) -> Endpoints:
        """HTTP endpoints of plugins."""
        return self._parts.endpoints

    @property
    def schedule(self) -> Schedules:
        """What plugins are called for again and again."""
        return self._parts.schedule

    @property
    def ui(self) -> Ui:
        """What plugins add to user interfaces."""
        return self._parts.ui

    async def forget(self, plugin: str, *, data: bool = True, keep_package: bool = False) -> Forgotten:
        """Remove everything that is kept of a plugin that does not run, and return what that was.

        That is what it keeps itself (storage, its folders, its configuration; left alone without `data`), and
        what the host keeps of it: whether it is enabled, its grants and quarantine, its hooks, durable
        subscriptions and dead letters, when its schedules ran, recorder, log and usage counts.
        Its package is left where it is. With `keep_package` it may still be there, and the plugin is as if it
        had just been installed: enabled, not loaded, and without what the operator granted or revoked.

        Raises:
            Busy: It runs, is about to, or its package is still here.
            PluginNotFound: Nothing is kept of such a plugin.
            NotForgotten: Some of it could not be removed; `removed` and `failed` say what.
        """
        return await self._parts.forget(plugin, data=data, keep_package=keep_package)

    def on(
        self, topics: str | Sequence[str], *, where: Mapping[str, Any] | None = None
    ) -> Callable[[_F], _F]:
        """Have a function handle events; a decorator. It takes the data, or the data and the `Event`."""
        return self._parts.events.on(topics, where)

    def command(
        self,
        name: str,
        params: Mapping[str, Any] | None = None,
        *,
        plugin: str | None = None,
        timeout_s: float | None = None,
    ) -> Coroutine[Any, Any, Any]:
        """Run a command, named as `sync` or `github:sync`; see `Commands.run`."""
        return self.commands.run(name, params, plugin=plugin, timeout_s=timeout_s)

    def dispatch(
        self, request: Request, principal: Principal | None = None, *, timeout_s: float | None = None
    ) -> Coroutine[Any, Any, Response]:
        """Answer an HTTP request by a plugin's endpoint; see `Endpoints.dispatch`."""
        return self.endpoints.dispatch(request, principal, timeout_s=timeout_s)
