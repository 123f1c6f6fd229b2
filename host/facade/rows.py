"""Rows: what a front end is shown that moves, one value per line of a screen.

The host makes them, a board carries them as JSON objects whose fields are always all there, a front end reads
them back into these types. Texts that come from plugins are cleaned of control characters by whoever makes a
row. Times are seconds since the epoch, so that a row that rests does not change.
"""

from typing import Any, Final, Literal

import msgspec

Severity = Literal["warning", "error"]

HOST: Final = "host"
"""Topic with one `HostRow`, whose key is empty."""
PLUGINS: Final = "plugins"
"""Topic with one `PluginRow` per plugin, by id; those with a broken manifest by their folder's name."""
PROBLEMS: Final = "problems"
"""Topic with one `ProblemRow` per problem, by its id."""
PROMPTS: Final = "prompts"
"""Topic with one `PromptRow` per prompt that waits for an answer, by its id."""
METHODS: Final = "methods:"
"""Beginning of a topic per plugin, `methods:<id>`, with one `MethodRow` per method, by name."""


class HostRow(msgspec.Struct, frozen=True, kw_only=True):
    """The host itself."""

    name: str
    """The embedding application's, or `plughost`."""
    app_version: str
    version: str
    """Plughost's release."""
    pid: int
    started_at_s: float
    loop: str
    """`asyncio` or `uvloop`."""
    warden_pid: int | None
    cpu_cores: float | None
    rss_bytes: int | None
    loop_lag_s: float
    """Longest of the last ten seconds."""
    states: dict[str, int]
    """Plugins by state; states that nobody is in are left out."""
    problems: int
    calls: int
    """Into plugins, since the host started."""
    calls_per_s: float
    errors: int
    events: int
    """Emitted since the host started."""
    clients: int
    """Attached over the control socket."""
    contributions: int = 0
    """Grows when something that plugins add to user interfaces comes, goes or is changed."""


class PluginRow(msgspec.Struct, frozen=True, kw_only=True):
    """One plugin."""

    id: str
    name: str
    version: str
    update: str
    """The version that waits to be installed; empty if none does."""
    type: str
    tags: tuple[str, ...]
    state: str
    reason: str
    pid: int | None
    session: str | None
    enabled: bool
    wanted: Literal["running", "stopped"] | None
    started_at_s: float | None
    """Of the process that runs; None if none does."""
    retry_at_s: float | None
    """When a start is tried again; None if none is planned."""
    restarts: int
    """In the last 10 minutes."""
    cpu_cores: float | None
    cpu_limit_cores: float
    memory_bytes: int | None
    memory_basis: Literal["PSS", "RSS"] | None
    memory_limit_bytes: int
    threads: int | None
    descriptors: int | None
    children: int | None
    throttled_to: float | None
    """Share of the time that it may run, while its CPU is throttled."""
    calls: int
    """Into it, in this session."""
    errors: int
    calls_per_s: float
    """Into it, over the last seconds."""
    errors_pct: float
    """Of the calls of the last minute."""
    in_flight: int
    p50_s: float | None
    """Of the last minute, or of the session where there was no call in it."""
    p99_s: float | None
    faults: int
    """Breaches of the protocol in this session."""
    late: int
    """Answers that came after their deadline."""
    waiting_permissions: tuple[str, ...]
    manifest_faults: tuple[str, ...]
    """What is wrong with its manifest; such a plugin can't be loaded."""


class MethodRow(msgspec.Struct, frozen=True, kw_only=True):
    """One method of a plugin, in its present session."""

    name: str
    stream: bool
    calls: int
    errors: int
    calls_per_s: float
    p50_s: float | None
    """Of its last calls, 500 of the plugin's at most; so are the two below."""
    p95_s: float | None
    p99_s: float | None


class ProblemRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something that an operator should look at."""

    id: str
    """`<kind>:<plugin>`, or `<kind>` of the host's own."""
    kind: str
    """`crash_loop unresponsive limit memory_growth slow denied handshake configuration dropped update
    consent prompt manifest failed host_lag host_overloaded lagged_events dead_letters root`."""
    plugin: str
    """Empty for the host's own."""
    severity: Severity
    title: str
    evidence: tuple[str, ...]
    """Sentences, with figures."""
    remedy: str
    """What to do, one sentence."""
    fix: str
    """The verb that mends it, by its name in `Facade`, such as `plugin_reset`; empty if none does."""
    since_s: float
    last_s: float
    """When its evidence was last seen."""
    count: int
    acknowledged: bool
    muted_until_s: float | None


class PromptRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a plugin asks of whoever operates the host."""

    id: str
    plugin: str
    title: str
    text: str
    schema: dict[str, Any]
    """JSON Schema of an object: what is asked for; without properties it is a yes or a no."""
    since_s: float
    until_s: float
    """When it is asked no longer."""
