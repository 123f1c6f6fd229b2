"""What a front end may see and do: frozen views, and the Protocols by which sibling packages meet.

Front ends (command line, monitor, web) know this and nothing behind it. `PluginHost` implements it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from anyio.abc import TaskGroup

from host.ids import PluginId, SessionId
from protocol.manifest import Limits, Manifest
from protocol.messages.provides import Provides
from protocol.peer import Peer
from protocol.permissions import Permission

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
    waiting_permissions: tuple[str, ...] = ()
    """Asked for, and waiting for the operator's consent."""
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


class Decided(Protocol):
    """Whether something is permitted."""

    @property
    def allowed(self) -> bool:
        """The answer."""
        ...

    @property
    def reason(self) -> str:
        """One sentence."""
        ...

    @property
    def declare(self) -> str:
        """What to write where so that it is allowed."""
        ...


class Granted(Protocol):
    """What one plugin may do."""

    def decide(self, required: Permission) -> Decided:
        """Tell whether the plugin may do what needs `required`."""
        ...

    def texts(self) -> tuple[str, ...]:
        """Return what is granted now, in canonical spelling."""
        ...


class Joining(Protocol):
    """One run of a plugin, as those see it who take in what it provides."""

    @property
    def plugin(self) -> PluginId:
        """The plugin's id."""
        ...

    @property
    def id(self) -> SessionId:
        """This run's."""
        ...

    @property
    def manifest(self) -> Manifest:
        """What it says about itself."""
        ...

    @property
    def grants(self) -> Granted:
        """What it may do."""
        ...

    @property
    def provided(self) -> Mapping[str, bool] | None:
        """Its methods, and whether each is a stream; None if it did not say."""
        ...

    @property
    def provides(self) -> Provides:
        """What its code declares."""
        ...

    @property
    def peer(self) -> Peer:
        """Its connection."""
        ...


class Registry(Protocol):
    """Takes in one kind of what plugins provide: subscriptions, hooks, commands and so on.

    Called on the event loop, from a session that comes, works and ends.
    """

    def check(self, session: Joining) -> Iterable[str]:
        """Return what is wrong with what it provides, a sentence for each; nothing is changed."""
        ...

    def join(self, session: Joining) -> None:
        """Take it in. Every registry has checked it in the same turn of the loop."""
        ...

    def activated(self, session: Joining) -> None:
        """It is active now: deliveries and schedules may begin."""
        ...

    def leave(self, session: Joining) -> None:
        """It ends, whether or not it ever joined or became active."""
        ...


class LoadInputs(Protocol):
    """What a plugin is given when it is loaded."""

    def faults(self, plugin: str) -> Iterable[str]:
        """Return why it can't be started with its present configuration, a sentence for each fault."""
        ...

    def current(self, plugin: str) -> Mapping[str, Any]:
        """Return its configuration, secrets included."""
        ...


class Contributions(Protocol):
    """Looks at what plugins without a program add."""

    def standing_faults(self, manifest: Manifest) -> Iterable[str]:
        """Return why such a plugin can't become active, a sentence for each fault."""
        ...


class Opens(Protocol):
    """What has files or tasks while the host runs."""

    async def open(self, folder: Path, tasks: TaskGroup) -> None:
        """Begin; before any plugin is discovered. `folder` is the data folder."""
        ...

    async def aclose(self) -> None:
        """End; after every plugin has stopped. Called also where `open` failed half-way."""
        ...


class LiveSession(Joining, Protocol):
    """A running plugin, as the routing sees it."""

    @property
    def call_s(self) -> float:
        """Deadline of a call into it that names none."""
        ...

    def record(self, method: str, started: float, seconds: float, code: int) -> None:
        """Count a call into it: its start by `time.perf_counter`, how long it took, 0 or its error's code."""
        ...


class LiveSessions(Protocol):
    """Where the routing finds running plugins."""

    def live(self, plugin: str) -> LiveSession:
        """Return the plugin's session.

        Raises:
            PluginNotFound, NotActive, Disabled, Quarantined: There is none, and why.
        """
        ...

    def session(self, plugin: str) -> LiveSession | None:
        """Return the plugin's session, whatever its state; None if it has none."""
        ...

    def is_enabled(self, plugin: str) -> bool:
        """Return whether a plugin is here and not disabled, whether or not it runs."""
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

    def describe(self) -> dict[str, Any]:
        """Return the OpenRPC document of all that plugins may call."""
        ...

    def open(self, plugin: PluginId, session: SessionId, grants: Any) -> Gate:
        """Return the gate of one session."""
        ...
