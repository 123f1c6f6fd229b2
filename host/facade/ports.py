"""Ports: the Protocols by which packages of the host meet that do not import each other.

Implemented by one of them, used by another, wired by the assembly; front ends have no business here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from anyio.abc import TaskGroup

from host.ids import PluginId, SessionId
from protocol.manifest import Manifest
from protocol.messages.provides import Provides
from protocol.peer import Peer
from protocol.permissions import Permission


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


class Announced(Protocol):
    """A plugin that was found, whether or not it ever ran."""

    @property
    def manifest(self) -> Manifest:
        """What it says about itself."""
        ...

    @property
    def grants(self) -> Granted:
        """What it may do."""
        ...

    @property
    def enabled(self) -> bool:
        """Whether the operator lets it run."""
        ...


@runtime_checkable
class Announcing(Protocol):
    """A registry for which what a manifest declares counts before its plugin runs."""

    def announce(self, known: Sequence[Announced]) -> None:
        """Take what all plugins that are known now declare, in the place of what it took before."""
        ...


Unfinished = Callable[[], bool]
"""Tells whether a run that was replaced still works on something that it was given before."""


@runtime_checkable
class Succeeding(Registry, Protocol):
    """A registry that has to know of a run that may take over from the one that serves.

    Of the others such a run is told at the switch alone, as if it had just come: `join` and `activated`.
    """

    def wait(self, session: Joining) -> None:
        """Take it in beside its predecessor; nothing of it is in force before `succeed`."""
        ...

    def succeed(self, session: Joining, predecessor: Joining) -> Unfinished | None:
        """Put it in force in its predecessor's place, which may have ended; it is active.

        Returns what tells how long the predecessor still works for this registry, if it does.
        """
        ...


class Loadable(Protocol):
    """A package, as those see it who say what a plugin is given."""

    @property
    def manifest(self) -> Manifest:
        """What it says about itself."""
        ...

    @property
    def config_defaults(self) -> Mapping[str, Any]:
        """Defaults of its configuration, from a file of the package."""
        ...


class LoadInputs(Protocol):
    """What a plugin is given when it is loaded."""

    def faults(self, package: Loadable) -> Iterable[str]:
        """Return why it can't be started with its present configuration, a sentence for each fault."""
        ...

    def given(self, package: Loadable, code: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """Return its configuration, secrets included; `code` is the schema that its code declares."""
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

    def run(self, plugin: str, session: SessionId) -> LiveSession | None:
        """Return one run of a plugin, also one that another took over from; None if it has ended."""
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
