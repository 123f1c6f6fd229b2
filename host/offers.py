"""Offers: what a host has for its embedding program besides the life of plugins: its services, by property.

`PluginHost` derives from it. The parts are the assembly's.
"""

from collections.abc import Coroutine, Mapping
from typing import Any

from host.assembly import Assembly
from host.services.commands import Commands
from host.services.endpoints import Endpoints
from host.services.http_values import Principal, Request, Response
from host.services.schedules import Schedules
from host.services.ui import Ui


class Offers:
    """The services of one host. They may be asked before it is entered, and say so where it has to run."""

    _parts: Assembly

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
