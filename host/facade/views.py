"""Views: values that show a plugin, a change, a caller as they are at one moment.

An embedding program gets them from `PluginHost`. What a front end is shown row by row is in `rows`.
"""

from dataclasses import dataclass
from typing import Literal

import msgspec

from host.ids import PluginId, SessionId
from protocol.manifest import Limits

Wanted = Literal["running", "stopped"]


@dataclass(frozen=True, slots=True)
class Figures:
    """What a plugin uses now. None where nobody has measured it yet, or nobody can."""

    cpu_cores: float | None = None
    memory_bytes: int | None = None
    memory_basis: Literal["PSS", "RSS"] | None = None
    threads: int | None = None
    descriptors: int | None = None
    children: int | None = None
    written_bytes: int | None = None
    throttled_to: float | None = None
    """Share of the time that the plugin may run, while its CPU is throttled."""
    calls: int = 0
    errors: int = 0
    in_flight: int = 0
    p50_s: float | None = None
    p99_s: float | None = None
    faults: int = 0
    """Breaches of the protocol in this session."""
    late: int = 0
    """Answers that came after their deadline."""


@dataclass(frozen=True, slots=True)
class ExitFacts:
    """How one session ended, and what is known about why."""

    cause: str
    """`stopped crashed unresponsive limit load_failed refused protocol_faults host`."""
    detail: str
    """One sentence: what happened and what led to it, with figures."""
    exit_text: str
    """`exited with code 7`, `was killed by SIGSEGV`; empty if there was no process."""
    code: int | None
    signal: str | None
    uptime_s: float
    last_method: str
    peak_memory_bytes: int | None
    cpu_s: float | None
    stderr: tuple[str, ...]
    """Its last lines."""
    survivors: tuple[int, ...] = ()
    """Pids of descendants that could not be killed."""


@dataclass(frozen=True, slots=True)
class BesideRun:
    """A run that lives beside the one that serves, during a handover."""

    session: SessionId
    pid: int
    phase: Literal["starting", "ending"]
    """Whether it is about to take over, or was replaced and ends what it had begun."""


@dataclass(frozen=True, slots=True)
class PluginView:
    """One plugin, as it is at this moment."""

    id: PluginId
    name: str
    version: str
    type: str
    folder: str
    state: str
    """See `host.supervision.states.State`."""
    reason: str
    """Why it is in this state, where that is not plain."""
    pid: int | None
    session: SessionId | None
    enabled: bool
    wanted: Wanted | None
    uptime_s: float | None
    retry_in_s: float | None
    restarts: int
    """In the last 10 minutes."""
    figures: Figures
    limits: Limits
    permissions: tuple[str, ...]
    """Granted."""
    refused_permissions: tuple[str, ...]
    methods: tuple[str, ...]
    last_exit: ExitFacts | None
    waiting_permissions: tuple[str, ...] = ()
    """Asked for, and waiting for the operator's consent."""
    faults: tuple[str, ...] = ()
    """What is wrong with its manifest; such a plugin has no valid id and can't be loaded."""
    beside: tuple[BesideRun, ...] = ()
    """Other runs of it, while one takes over from another."""
    capabilities: tuple[str, ...] = ()
    """What its manifest says that it can do, such as `exec.my_plugin.action`."""


@dataclass(frozen=True, slots=True)
class Change:
    """A plugin's state changed."""

    plugin: PluginId
    old: str
    new: str
    reason: str
    at_s: float
    """Seconds since the epoch."""


class Caller(msgspec.Struct, frozen=True):
    """Who calls an API of the host. Made by the host from the connection; a plugin can't forge it.

    One is made for each call that has a budget, so it is of the kind that is made quickest.
    """

    plugin: PluginId
    session: SessionId
    permissions: tuple[str, ...]
    remaining_s: float | None
    """What is left of the budget of the call, if it has one."""
