"""What a front end may see and do: frozen views, and the Protocols by which sibling packages meet.

Front ends (command line, monitor, web) know this and nothing behind it. `PluginHost` implements it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from host.ids import PluginId, SessionId
from protocol.manifest import Limits
from protocol.peer import Peer

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
    faults: tuple[str, ...] = ()
    """What is wrong with its manifest; such a plugin has no valid id and can't be loaded."""


@dataclass(frozen=True, slots=True)
class Change:
    """A plugin's state changed."""

    plugin: PluginId
    old: str
    new: str
    reason: str
    at_s: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls an API of the host. Made by the host from the connection; a plugin can't forge it."""

    plugin: PluginId
    session: SessionId
    permissions: tuple[str, ...]
    remaining_s: float | None
    """What is left of the budget of the call, if it has one."""


class LiveSession(Protocol):
    """A running plugin, as the routing sees it."""

    @property
    def peer(self) -> Peer:
        """Its connection."""
        ...

    @property
    def provided(self) -> Mapping[str, bool] | None:
        """Its methods, and whether each is a stream; None if it did not say."""
        ...

    def record(self, seconds: float, failed: bool) -> None:
        """Count a call into it."""
        ...


class LiveSessions(Protocol):
    """Where the routing finds running plugins."""

    def live(self, plugin: str) -> LiveSession:
        """Return the plugin's session.

        Raises:
            PluginNotFound, NotActive, Disabled, Quarantined: There is none, and why.
        """
        ...


class Gate(Protocol):
    """What serves the requests and notifications of one session; made by the gateway."""

    async def handle(self, inbound: Any) -> Any:
        """Serve one request."""
        ...

    def notified(self, method: str, params: Any) -> None:
        """Take one notification."""
        ...


class Gateway(Protocol):
    """The only door from a plugin to the host."""

    def open(self, plugin: PluginId, session: SessionId, grants: Any) -> Gate:
        """Return the gate of one session."""
        ...
