"""Victim: one plugin on a host of its own, and everything that can be done to the two.

Implemented over a real host by `host.cli`; faults know no more of a host than this. What asks the plugin
raises PlughostError.
"""

from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, Literal, Protocol

from host.base_error import PlughostError
from host.devtools.chaos.surface import Place, Surface

Kernel = Literal["memory", "descriptors"]


class Victim(Protocol):
    """One plugin."""

    @property
    def surface(self) -> Surface:
        """What it offers."""
        ...

    @property
    def pid(self) -> int | None:
        """Its process; None while it has none."""
        ...

    @property
    def state(self) -> str:
        """Its state, with the reason where there is one."""
        ...

    @property
    def protocol_faults(self) -> int:
        """Breaches of the protocol in this run of the process."""
        ...

    @property
    def last_exit(self) -> str:
        """How its last run ended."""
        ...

    async def active(self, within_s: float) -> bool:
        """Wait until it is active; return whether it is."""
        ...

    async def ended(self, pid: int, within_s: float) -> bool:
        """Wait until a process of it is gone; return whether it is."""
        ...

    async def ping(self, within_s: float) -> None:
        """Ask for a sign of life."""
        ...

    async def ask(self, method: str, params: Any, within_s: float) -> Any:
        """Make a request of any name, past all checks of the host."""
        ...

    async def call(self, method: str, params: Mapping[str, Any], within_s: float) -> Any:
        """Call a method."""
        ...

    def stream(self, method: str, params: Mapping[str, Any], within_s: float) -> AsyncGenerator[Any, None]:
        """Open a stream."""
        ...

    async def command(self, name: str, params: Mapping[str, Any], within_s: float) -> Any:
        """Run a command."""
        ...

    async def request(
        self,
        place: Place,
        path: str,
        headers: Mapping[str, str],
        query: Mapping[str, str],
        body: Any,
        within_s: float,
    ) -> tuple[int, Any]:
        """Make an HTTP request; return status and data. What goes wrong is an answer too."""
        ...

    async def emit(self, topic: str, data: Any) -> int:
        """Emit an event; return its number, 0 if it is not kept."""
        ...

    async def handled(self, within_s: float) -> bool:
        """Wait until no event waits for the plugin; return whether none does."""
        ...

    async def hook(self, name: str, value: Any) -> str:
        """Ask a hook; return why the plugin gave no answer, empty if it gave one."""
        ...

    async def tick(self, name: str) -> None:
        """Run a schedule now."""
        ...

    async def configure(self, changes: Mapping[str, Any]) -> None:
        """Change its configuration."""
        ...

    async def unconfigure(self) -> None:
        """Take back every change of its configuration."""
        ...

    async def replay(self, subscription: str) -> None:
        """Deliver again what a durable subscription got."""
        ...

    async def dead_letters(self) -> int:
        """Count events that it failed to handle after every try."""
        ...

    def write(self, data: bytes) -> None:
        """Write on its stdin, past the protocol."""
        ...

    def close_stdin(self) -> None:
        """Close its stdin."""
        ...

    def deaf(self) -> AbstractContextManager[None]:
        """Read nothing that it writes meanwhile."""
        ...

    def signal(self, number: int) -> None:
        """Send its process a signal."""
        ...

    def squeezed(self, what: Kernel) -> AbstractContextManager[None]:
        """Let its process have next to no more of this than it has now. Raises NotImplementedError."""
        ...

    def troubled(self, prefix: str, error: PlughostError | None) -> AbstractContextManager[Mapping[str, int]]:
        """Have what it asks of the host fail, or never be answered; yields how often it asked what."""
        ...

    def denied(self) -> AbstractAsyncContextManager[None]:
        """Take its permissions away meanwhile."""
        ...

    def jump(self, seconds: float) -> None:
        """Let the host's wall clock jump."""
        ...

    def load(self) -> Awaitable[None]:
        """Load it."""
        ...

    def unload(self) -> Awaitable[None]:
        """Unload it."""
        ...

    def restart(self) -> Awaitable[None]:
        """Restart it."""
        ...

    async def forgive(self) -> None:
        """Forget its failures, so that the host starts it at once and without end."""
        ...

    async def said(self, since_s: float) -> tuple[str, ...]:
        """Return the last lines of its log and stderr since a moment of `now_s`, the oldest first."""
        ...

    async def incidents(self, since_s: float) -> tuple[str, ...]:
        """Return what its code raised and nobody expected, since a moment of `now_s`."""
        ...

    def now_s(self) -> float:
        """Return the moment, in seconds since the epoch."""
        ...
