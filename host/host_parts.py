"""Host parts: what a host offers beside its verbs, one property for each. `PluginHost` inherits them.

What is declared in them (topics, handlers) can be declared before the host is entered.
"""

from host.assembly import Assembly
from host.observe.analytics import Analytics
from host.observe.plugin_logs import PluginLogs
from host.observe.recorder import FlightRecorder
from host.routing.events import Events
from host.services.notifications import Notifications
from host.services.permissions import Permissions
from host.services.storage_view import StorageView


class HostParts:
    """The parts of one host, for the embedding program."""

    _parts: Assembly

    @property
    def events(self) -> Events:
        """Events: topics, handlers of the embedding program, who is behind, dead letters."""
        return self._parts.events

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
        return Permissions(self._parts.running().roster.get)

    @property
    def storage(self) -> StorageView:
        """What plugins keep, for an operator to look at and to mend."""
        return StorageView(self._parts.storage)

    @property
    def notifications(self) -> Notifications:
        """Notifications of plugins to people: who delivers them, and the latest ones."""
        return self._parts.notifications
