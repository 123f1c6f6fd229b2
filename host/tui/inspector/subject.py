"""Subject: the plugin that is inspected, as the inspector needs it. Implemented by `host.cli` over a host."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol

from host.facade.facade import Facade

Kind = Literal["method", "stream", "command", "endpoint", "hook", "event", "contract"]

KINDS: Final[dict[Kind, str]] = {
    "method": "Methods",
    "stream": "Streams",
    "command": "Commands",
    "endpoint": "Endpoints",
    "hook": "Hooks",
    "event": "Events to emit",
    "contract": "What every plugin answers",
}
"""In the order of the list."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Something that the plugin can be asked."""

    kind: Kind
    name: str
    schema: dict[str, Any] = field(default_factory=dict[str, Any])
    """JSON Schema of the parameters, an object; empty where the plugin does not say."""
    description: str = ""

    @property
    def key(self) -> str:
        """Tells it from all others."""
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Frame:
    """One message on the wire, without its secrets."""

    at_s: float
    to_plugin: bool
    what: str
    """`request`, `answer`, `error`, `item`, `notification` or `junk`."""
    id: str
    method: str
    """Of an answer, that of its request, where it was seen."""
    size_bytes: int
    body: Any


Take = Callable[[Frame], None]


class Subject(Protocol):
    """One plugin on a host of its own. What asks it raises PlughostError."""

    @property
    def plugin(self) -> str:
        """Its id."""
        ...

    @property
    def take(self) -> Take | None:
        """Who is told of each frame."""
        ...

    @take.setter
    def take(self, take: Take | None) -> None: ...

    def connect(self) -> AbstractAsyncContextManager[Facade]:
        """Return its host's facade."""
        ...

    async def asked(self) -> Sequence[Asking]:
        """Return all that it can be asked now."""
        ...

    def faults(self, asking: Asking, params: dict[str, Any]) -> Sequence[tuple[str, str]]:
        """Return what its schema says against parameters: the name of one, empty for the whole, and why."""
        ...

    def ask(self, asking: Asking, params: dict[str, Any]) -> AsyncGenerator[Any, None]:
        """Ask; yields the answer, or item after item of a stream."""
        ...

    def command_line(self, asking: Asking, params: dict[str, Any]) -> str:
        """Return the command that asks the same."""
        ...

    async def reload(self) -> None:
        """Check the edited package, end the old run and start a new one. The old one stays if it is bad."""
        ...
