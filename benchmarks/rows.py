"""Rows: what is measured, in groups; each measurement fills one or more rows at once.

Most are asked of every contestant's driver (`ask`); what only a host of ours can show is taken by a function
(`own`). To add one, name it here; if it is asked, add its function to `benchmarks.samples` too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from benchmarks import own
from benchmarks.own import Effort


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of the tables."""

    name: str
    title: str
    unit: str
    better: Literal["lower", "higher"] = "lower"


@dataclass(frozen=True, slots=True)
class Measurement:
    """One way to take a sample."""

    name: str
    rows: tuple[Row, ...]
    ask: str = ""
    """The word that a driver is asked with."""
    count: int = 0
    own: Callable[[Effort], list[float]] | None = None
    weighs: bool = False
    """Whether the last row is the PSS of one of the processes that a start left running."""
    pinned: bool = False
    """Whether host and child share one CPU meanwhile."""
    of: frozenset[str] | None = None
    """The contestants that are asked; None for all."""
    most_samples: int = 100
    """For what takes long: how many rounds take it."""


@dataclass(frozen=True, slots=True)
class Group:
    """Measurements whose rows stand in one table."""

    name: str
    title: str
    measurements: tuple[Measurement, ...]


SEQUENTIAL_P50 = Row("sequential_p50", "sequential p50", "µs")
SEQUENTIAL_P99 = Row("sequential_p99", "sequential p99", "µs")
PINNED_P50 = Row("pinned_p50", "sequential p50, one CPU", "µs")
CALL_BACK_P50 = Row("call_back_p50", "plugin to host, p50", "µs")
PIPELINED_1, PIPELINED_8, PIPELINED_64, PIPELINED_512 = (
    Row(f"pipelined_{count}", f"{count} in flight", "calls/s", "higher") for count in (1, 8, 64, 512)
)
STREAM = Row("stream", "stream to the host", "items/s", "higher")
NOTIFY = Row("notify", "notifications to the plugin", "/s", "higher")
PAYLOAD_1K, PAYLOAD_64K, PAYLOAD_1M, PAYLOAD_16M = (
    Row(f"payload_{name.lower()}", f"{title} echo, each way", "MB/s", "higher")
    for name, title in (("1K", "1 KB"), ("64K", "64 KB"), ("1M", "1 MB"), ("16M", "16 MB"))
)
START_1, START_20, START_100 = (
    Row(f"start_{count}", f"{count} started, all answered", "ms") for count in (1, 20, 100)
)
PSS_1 = Row("pss_1", "PSS of one plugin, 1 started", "MiB")
PSS_100 = Row("pss_100", "PSS of one plugin, 100 started", "MiB")
EVENTS_1, EVENTS_10, EVENTS_100 = (
    Row(f"events_{count}", f"event to {count} subscribers", "deliveries/s", "higher")
    for count in (1, 10, 100)
)
DURABLE_1, DURABLE_10, DURABLE_100 = (
    Row(f"durable_{count}", f"durable event to {count} subscribers", "deliveries/s", "higher")
    for count in (1, 10, 100)
)
EMIT_100 = Row("emit_100", "emitter blocked, 100 subscribers", "ms")
STORAGE_P50 = Row("storage_p50", "storage.get by a plugin, p50", "µs")
STORAGE_WRITES_1, STORAGE_WRITES_16, STORAGE_WRITES_64 = (
    Row(f"storage_writes_{count}", f"writes to storage, {callers}", "/s", "higher")
    for count, callers in ((1, "1 caller"), (16, "16 callers"), (64, "64 callers"))
)
HOOK_CHAIN_5 = Row("hook_chain_5", "a hook with 5 handlers in 5 plugins, p50", "µs")
HOOK_CALL = Row("hook_call", "a call in the same host, p50", "µs")
SYNC_MS = Row("sync_ms", "one sync of the disk under them", "ms")
HOST_RSS = Row("host_rss", "RSS of a host without plugins", "MiB")
HOST_WAKES = Row("host_wakes", "its voluntary context switches", "/s")
IDLE_20_CPU = Row("idle_20_cpu", "CPU of a host with 20 idle plugins", "% of a core")
IDLE_20_SWITCHES = Row("idle_20_switches", "its voluntary context switches, 20 idle plugins", "/s")
IDLE_1000_CPU = Row("idle_1000_cpu", "CPU of a host with 1,000 idle plugins", "% of a core")
IDLE_1000_PSS = Row("idle_1000_pss", "PSS of host, warden and 1,000 idle plugins", "GiB")
SWEEP_MS = {
    count: Row(f"sweep_{count}_ms", f"a sweep of the watchdog, {count} idle processes", "ms CPU")
    for count in (10, 100, 500)
}
SWEEP_PCT = {
    count: Row(f"sweep_{count}_pct", f"the same, a sweep a second, {count} idle processes", "% of a core")
    for count in (10, 100, 500)
}
VERSION = Row("version", "plughost --version", "ms")
PS = Row("ps", "plughost ps", "ms")
IMPORT_SDK = Row("import_sdk", "import plugin_sdk as a multiple of import asyncio", "x")
IMPORT_HOST = Row("import_host", "import host", "ms CPU")
MONITOR_FIRST = Row("monitor_first", "plughost top, to its first picture", "ms")
MONITOR_REST_CPU = Row("monitor_rest_cpu", "monitor, 5 plugins and nothing happens", "% of a core")
MONITOR_CPU = Row("monitor_cpu", "monitor, 200 plugins and 10,000 log lines/s", "% of a core")
MONITOR_KEY = Row("monitor_key", "the same, from a key to what it shows, p95", "ms")
MONITOR_LINES = Row("monitor_lines", "the same, lines that came to the host's log", "lines/s", "higher")
MONITOR_LOST = Row("monitor_lost", "the same, lines that did not reach the monitor", "%")
MONITOR_CALLS = Row("monitor_calls", "p99 of a call, with a monitor as a multiple of without", "x")
MONITOR_MOMENTS = Row("monitor_moments", "the same, of moments at which somebody might call", "x")

_ON_ONE_LOOP = frozenset(
    {"plughost", "plughost-uvloop", "plughost-polling", "floor-blocking", "floor-asyncio", "floor-uvloop"}
)
_HOSTS = frozenset({"plughost", "plughost-uvloop", "plughost-polling"})

GROUPS: tuple[Group, ...] = (
    Group(
        "calls",
        "Calls",
        (
            Measurement("sequential", (SEQUENTIAL_P50, SEQUENTIAL_P99), "sequential"),
            Measurement("sequential-pinned", (PINNED_P50,), "sequential", pinned=True, of=_ON_ONE_LOOP),
            Measurement("pipelined-1", (PIPELINED_1,), "pipelined", 1, most_samples=3),
            Measurement("pipelined-8", (PIPELINED_8,), "pipelined", 8, most_samples=3),
            Measurement("pipelined-64", (PIPELINED_64,), "pipelined", 64),
            Measurement("pipelined-512", (PIPELINED_512,), "pipelined", 512, most_samples=3),
            Measurement("call-back", (CALL_BACK_P50,), "call_back"),
            Measurement("storage", (STORAGE_P50,), "storage_get", of=_HOSTS),
        ),
    ),
    Group(
        "payload",
        "Payload, streams, notifications",
        (
            Measurement("payload-1k", (PAYLOAD_1K,), "payload", 1_000, most_samples=3),
            Measurement("payload-64k", (PAYLOAD_64K,), "payload", 64_000, most_samples=3),
            Measurement("payload-1m", (PAYLOAD_1M,), "payload", 1_000_000),
            # The bound of a frame is 16 MiB, its envelope included.
            Measurement("payload-16m", (PAYLOAD_16M,), "payload", 16_000_000, most_samples=3),
            Measurement("stream", (STREAM,), "stream", most_samples=3),
            Measurement("notify", (NOTIFY,), "notify", most_samples=3),
        ),
    ),
    Group(
        "starts",
        "Starts and memory",
        (
            Measurement("start-1", (START_1, PSS_1), "start", 1, weighs=True, most_samples=5),
            Measurement("start-20", (START_20,), "start", 20, most_samples=2),
            Measurement("start-100", (START_100, PSS_100), "start", 100, weighs=True, most_samples=2),
        ),
    ),
    Group(
        "host",
        "The host itself",
        (
            Measurement("host-alone", (HOST_RSS, HOST_WAKES), own=own.host_alone, most_samples=2),
            Measurement("idle-20", (IDLE_20_CPU, IDLE_20_SWITCHES), own=own.idle_20, most_samples=2),
            Measurement("idle-1000", (IDLE_1000_CPU, IDLE_1000_PSS), own=own.idle_1000, most_samples=1),
            Measurement("sweep-10", (SWEEP_MS[10], SWEEP_PCT[10]), own=own.sweep_10, most_samples=3),
            Measurement("sweep-100", (SWEEP_MS[100], SWEEP_PCT[100]), own=own.sweep_100, most_samples=3),
            Measurement("sweep-500", (SWEEP_MS[500], SWEEP_PCT[500]), own=own.sweep_500, most_samples=2),
            Measurement("version", (VERSION,), own=own.version, most_samples=5),
            Measurement("imports", (IMPORT_SDK, IMPORT_HOST), own=own.imports, most_samples=5),
            Measurement("ps", (PS,), own=own.ps, most_samples=3),
            Measurement("events-1", (EVENTS_1, DURABLE_1), own=own.events_1, most_samples=3),
            Measurement("events-10", (EVENTS_10, DURABLE_10), own=own.events_10, most_samples=3),
            Measurement(
                "events-100", (EVENTS_100, DURABLE_100, EMIT_100), own=own.events_100, most_samples=3
            ),
            Measurement("hooks", (HOOK_CHAIN_5, HOOK_CALL), own=own.hook_chain, most_samples=3),
            Measurement(
                "storage-writes",
                (STORAGE_WRITES_1, STORAGE_WRITES_16, STORAGE_WRITES_64, SYNC_MS),
                own=own.storage_writes,
                most_samples=3,
            ),
            Measurement(
                "monitor-rest", (MONITOR_FIRST, MONITOR_REST_CPU), own=own.monitor_rest, most_samples=2
            ),
            Measurement(
                "monitor",
                (MONITOR_CPU, MONITOR_KEY, MONITOR_LINES, MONITOR_LOST),
                own=own.monitor_load,
                most_samples=3,
            ),
            Measurement(
                "monitor-calls", (MONITOR_CALLS, MONITOR_MOMENTS), own=own.monitor_calls, most_samples=3
            ),
        ),
    ),
)

MEASUREMENTS: tuple[Measurement, ...] = tuple(m for group in GROUPS for m in group.measurements)
