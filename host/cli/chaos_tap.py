"""The tap of `plughost chaos`: counts what the plugin asks of its host, and makes it fail on demand.

It stands before the gateway's doors of a host that is there for chaos alone.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import anyio
import msgspec

from host.errors import PlughostError
from host.facade import Gate
from host.ids import PluginId, SessionId
from host.routing.gateway import ApiGateway
from protocol.inbound import Inbound


@dataclass(eq=False, slots=True)
class _Trouble:
    prefix: str
    error: PlughostError | None
    over: anyio.Event
    asked: Counter[str] = field(default_factory=Counter[str])


class ChaosTap:
    """One host's."""

    def __init__(self, gateway: ApiGateway) -> None:
        """Put it before the gateway."""
        self._open: Callable[[PluginId, SessionId, Any], Gate] = gateway.open
        self._trouble: _Trouble | None = None
        gateway.open = self.open

    def open(self, plugin: PluginId, session: SessionId, grants: Any) -> Any:
        """Return the door of one session; see `ApiGateway.open`."""
        return _ChaosGate(self._open(plugin, session, grants), self)

    @contextmanager
    def troubled(self, prefix: str, error: PlughostError | None) -> Generator[Mapping[str, int]]:
        """Have methods of this prefix fail, or, without an error, not be answered; yields how often."""
        trouble = self._trouble = _Trouble(prefix, error, anyio.Event())
        try:
            yield trouble.asked
        finally:
            self._trouble = None
            trouble.over.set()

    async def pass_by(self, method: str) -> None:
        """Raise what is wanted, or wait until that is over."""
        trouble = self._trouble
        if trouble is None or not method.startswith(trouble.prefix):
            return
        trouble.asked[method] += 1
        if trouble.error is not None:
            raise trouble.error
        await trouble.over.wait()


class _ChaosGate:
    """One session's door."""

    def __init__(self, gate: Gate, tap: ChaosTap) -> None:
        self._gate = gate
        self._tap = tap

    async def handle(self, inbound: Inbound) -> Any:
        """Serve one request."""
        await self._tap.pass_by(inbound.method)
        return await cast("Awaitable[Any]", self._gate.handle(inbound))

    def notified(self, method: str, params: msgspec.Raw) -> None:
        """Take one notification."""
        self._gate.notified(method, params)
