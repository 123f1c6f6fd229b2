"""Observing: what a host tells of its plugins, as properties of `PluginHost`: records, logs, analytics."""

from host.assembly import Assembly
from host.observe.analytics import Analytics
from host.observe.plugin_logs import PluginLogs
from host.observe.recorder import FlightRecorder


class Observing:
    """The part of `PluginHost` for whoever wants to know what happened."""

    _parts: Assembly

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
