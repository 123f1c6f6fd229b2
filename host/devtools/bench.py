"""Bench: what a test harness asks of the host that it runs on, in plain values.

`host.cli` makes one over a `PluginHost` of its own; the harness knows no more of a host than this.
"""

from collections.abc import AsyncGenerator, Mapping
from typing import Any, Protocol

import msgspec


class HarnessStart(msgspec.Struct, frozen=True):
    """What a test asks for."""

    folder: str
    config: dict[str, Any] = {}
    """Configuration over the plugin's own defaults."""
    data: str | None = None
    """Data folder of a running host, for tests against it; None for a host of the harness's own."""


def mounted(plugin: str, path: str) -> str:
    """Return where a path lies that a test gives as it stands in the code: below the plugin's own folder."""
    return path if path == "/api" or path.startswith("/api/") else f"/api/plugins/{plugin}/{path.lstrip('/')}"


class Bench(Protocol):
    """One plugin on one host. All raise PlughostError."""

    async def load(self) -> int | None:
        """Load the plugin; return its process's id."""
        ...

    async def call(self, method: str, params: Mapping[str, Any], timeout_s: float) -> Any:
        """Call a method."""
        ...

    def stream(self, method: str, params: Mapping[str, Any], timeout_s: float) -> AsyncGenerator[Any, None]:
        """Open a stream."""
        ...

    async def emit(self, topic: str, data: Any) -> None:
        """Emit an event, and wait until the plugin has handled what was emitted."""
        ...

    async def hook(self, name: str, value: Any) -> dict[str, Any]:
        """Return `allowed`, `value` and `reason`."""
        ...

    async def command(self, name: str, params: Mapping[str, Any]) -> Any:
        """Run a command."""
        ...

    async def request(self, asked: Mapping[str, Any]) -> tuple[int, dict[str, str], Any]:
        """Dispatch a request; return status, headers and body."""
        ...

    async def configure(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change the configuration."""
        ...

    async def health(self) -> dict[str, Any]:
        """Ask how it is."""
        ...

    async def run_due(self, from_s: float, until_s: float) -> None:
        """Run what the plugin's schedules would have run between two moments."""
        ...

    async def crash(self) -> None:
        """Kill the plugin's process, and wait until the host has noticed."""
        ...

    async def restart(self) -> int | None:
        """Load it anew; return its process's id."""
        ...

    def answer(self, method: str, permission: str | None) -> None:
        """Have a method answered by the test from now on."""
        ...
