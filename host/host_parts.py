"""Host parts: what a host offers beside its verbs, one property for each. `PluginHost` inherits them.

What is declared in them (topics, handlers) can be declared before the host is entered.
"""

from collections.abc import Coroutine, Mapping
from typing import Any

from host.assembly import Assembly
from host.routing.events import Events
from host.services.commands import Commands
from host.services.endpoints import Endpoints
from host.services.http_values import Principal, Request, Response
from host.services.notifications import Notifications
from host.services.permissions import Permissions
from host.services.schedules import Schedules
from host.services.storage_view import StorageView
from host.services.ui import Ui


class HostParts:
    """The parts of one host, for the embedding program."""

    _parts: Assembly

    @property
    def events(self) -> Events:
        """Events: topics, handlers of the embedding program, who is behind, dead letters."""
        return self._parts.events

    @property
    def permissions(self) -> Permissions:
        """What plugins may do: consent, grant, revoke, and how often each permission was used."""
        return Permissions(self._parts.running().roster.get)

    def api_document(self) -> dict[str, Any]:
        """Return the OpenRPC document of what plugins may call, as `rpc.discover` answers them."""
        return self._parts.gateway.describe()

    @property
    def storage(self) -> StorageView:
        """What plugins keep, for an operator to look at and to mend."""
        return StorageView(self._parts.storage)

    @property
    def notifications(self) -> Notifications:
        """Notifications of plugins to people: who delivers them, and the latest ones."""
        return self._parts.notifications

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
