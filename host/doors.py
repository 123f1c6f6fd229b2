"""Doors: which function stands behind each of the host's own methods that plugins may call."""

from collections.abc import Iterable
from typing import Protocol

from host.observe.recorder import FlightRecorder
from host.routing.calls import Calls
from host.routing.events import Events
from host.routing.events_api import EventsApi
from host.routing.gateway import ApiGateway
from host.services.about import AboutService
from host.services.analytics import AnalyticsService
from host.services.log import LogService, writer
from host.services.plugins import PluginsService
from host.services.storage import Storage
from host.services.storage_functions import StorageFunctions
from host.supervision.roster import Roster


class Attaches(Protocol):
    """A service that knows its own functions."""

    def attach(self, gateway: ApiGateway) -> None:
        """Publish them to plugins."""
        ...


def attach_services(
    gateway: ApiGateway,
    roster: Roster,
    calls: Calls,
    events: Events,
    recorder: FlightRecorder,
    storage: Storage,
    others: Iterable[Attaches],
) -> None:
    """Put everything behind its name."""
    about = AboutService(gateway.describe)
    plugins = PluginsService(calls, roster.views)
    gateway.attach_notification("log.write", LogService(writer(roster.run)).write)
    gateway.attach_builtin("host.info", about.info)
    gateway.attach_builtin("rpc.discover", about.discover)
    gateway.attach_builtin("plugins.call", plugins.call)
    gateway.attach_builtin("plugins.list", plugins.list)
    gateway.attach_builtin("plugins.stream", plugins.stream)
    services = (EventsApi(events), AnalyticsService(recorder.analytics), StorageFunctions(storage))
    for service in (*services, *others):
        service.attach(gateway)
