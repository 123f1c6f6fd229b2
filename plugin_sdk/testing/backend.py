"""Backend: what a mode does for the harness. Each mode is one; harness and tests know no difference."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any, Protocol

from plugin_sdk.testing.records import Answer, HookOutcome


class Backend(Protocol):
    """One plugin in one mode. All but `crash` and `close` raise RpcError for what the plugin answers."""

    mode: str
    pid: int | None
    """Of the plugin's process; None in memory."""

    async def start(self) -> None:
        """Load the plugin."""
        ...

    async def close(self) -> None:
        """Unload it and release everything; a second call does nothing."""
        ...

    async def call(self, method: str, params: Mapping[str, Any], timeout_s: float) -> Any:
        """Call a method."""
        ...

    def stream(self, method: str, params: Mapping[str, Any], timeout_s: float) -> AsyncGenerator[Any, None]:
        """Open a stream."""
        ...

    async def emit(self, topic: str, data: Any) -> None:
        """Emit an event of the application, and wait until the plugin has handled it."""
        ...

    async def hook(self, name: str, value: Any) -> HookOutcome:
        """Ask whether something may happen."""
        ...

    async def command(self, name: str, params: Mapping[str, Any]) -> Any:
        """Run a command."""
        ...

    async def request(self, request: Mapping[str, Any]) -> Answer:
        """Answer an HTTP request: `method path query headers body principal permissions`."""
        ...

    async def configure(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change the configuration."""
        ...

    async def health(self) -> dict[str, Any]:
        """Ask how it is."""
        ...

    async def crash(self) -> None:
        """End it without notice, and wait until it is gone."""
        ...

    async def restart(self) -> None:
        """Load it again, after a crash too; what it keeps is there."""
        ...
