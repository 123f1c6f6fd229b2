"""Metrics: the host's figures in Prometheus' text format, version 0.0.4."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from host.facade.rows import HostRow, PluginRow, ProblemRow
from host.supervision.states import State

_Figure = Callable[[PluginRow], float | None]

_PLUGIN: Final[tuple[tuple[str, str, str, _Figure], ...]] = (
    ("up", "gauge", "Whether the plugin takes calls.", lambda row: float(row.state == "active")),
    ("cpu_cores", "gauge", "Cores used by its process tree.", lambda row: row.cpu_cores),
    ("cpu_limit_cores", "gauge", "Cores it may use.", lambda row: row.cpu_limit_cores),
    ("memory_bytes", "gauge", "Memory of its process tree.", lambda row: row.memory_bytes),
    ("memory_limit_bytes", "gauge", "Memory it may use.", lambda row: row.memory_limit_bytes),
    ("threads", "gauge", "Threads of its process tree.", lambda row: row.threads),
    ("descriptors", "gauge", "Open descriptors of its process tree.", lambda row: row.descriptors),
    ("calls_total", "counter", "Calls into its present session.", lambda row: row.calls),
    ("call_errors_total", "counter", "Of these, those that failed.", lambda row: row.errors),
    ("calls_in_flight", "gauge", "Calls into it under way.", lambda row: row.in_flight),
    ("call_p50_seconds", "gauge", "Median latency of calls of the last minute.", lambda row: row.p50_s),
    ("call_p99_seconds", "gauge", "99th percentile of the same.", lambda row: row.p99_s),
    ("restarts_10m", "gauge", "Restarts in the last 10 minutes.", lambda row: row.restarts),
    ("protocol_faults_total", "counter", "Breaches of the protocol in this session.", lambda row: row.faults),
    ("started_at_seconds", "gauge", "Start of its process, since the epoch.", lambda row: row.started_at_s),
)


def metrics_text(host: HostRow, plugins: Sequence[PluginRow], problems: Iterable[ProblemRow]) -> str:
    """Return everything as text."""
    lines: list[str] = []

    def add(name: str, kind: str, text: str, samples: Iterable[tuple[str, float | None]]) -> None:
        found = [(labels, value) for labels, value in samples if value is not None]
        if found:
            lines.append(f"# HELP plughost_{name} {text}")
            lines.append(f"# TYPE plughost_{name} {kind}")
            lines.extend(f"plughost_{name}{labels} {value:.10g}" for labels, value in found)

    version = _labels(version=host.version, loop=host.loop)
    add("host_info", "gauge", "The host's version.", [(version, 1.0)])
    add("host_started_at_seconds", "gauge", "Start of the host, since the epoch.", [("", host.started_at_s)])
    add("host_cpu_cores", "gauge", "Cores used by the host itself.", [("", host.cpu_cores)])
    add("host_rss_bytes", "gauge", "Resident memory of the host itself.", [("", host.rss_bytes)])
    add("host_loop_lag_seconds", "gauge", "Longest lag of the last ten seconds.", [("", host.loop_lag_s)])
    add("host_calls_total", "counter", "Calls into all plugins.", [("", host.calls)])
    add("host_call_errors_total", "counter", "Of these, those that failed.", [("", host.errors)])
    add("host_events_total", "counter", "Events emitted.", [("", host.events)])
    add("host_clients", "gauge", "Clients of the control socket.", [("", host.clients)])
    add(
        "plugins",
        "gauge",
        "Plugins by state.",
        [(_labels(state=state.value), host.states.get(state.value, 0)) for state in State],
    )
    add(
        "problem",
        "gauge",
        "Problems that are open.",
        [(_labels(kind=one.kind, plugin=one.plugin, severity=one.severity), 1.0) for one in problems],
    )
    for name, kind, text, figure in _PLUGIN:
        samples = [(_labels(plugin=row.id), figure(row)) for row in plugins if not row.manifest_faults]
        add(f"plugin_{name}", kind, text, samples)
    return "\n".join(lines) + "\n"


def _labels(**labels: str) -> str:
    shown = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{shown}}}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
