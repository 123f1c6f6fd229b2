"""Tracing: attaches traces to sessions while somebody follows the calls, and takes them off afterwards.

Without a lease nothing is attached and calls pay nothing. A registry, because a session that begins while
there is a lease is traced from its first message on.
"""

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass

from host.clock import Clock
from host.facade import Joining
from host.facade.tails import TraceRow
from host.ids import SessionId
from host.operations.feed import Feed
from host.operations.wire_trace import WireTrace


@dataclass(eq=False, slots=True)
class _Lease:
    plugins: frozenset[str]
    bodies: bool


class Tracing:
    """All traces of one host."""

    def __init__(self, feed: Feed[TraceRow], clock: Clock) -> None:
        self._feed = feed
        self._clock = clock
        self._leases: set[_Lease] = set()
        self._sessions: dict[SessionId, Joining] = {}
        self._traces: dict[SessionId, WireTrace] = {}

    @contextmanager
    def lease(self, plugins: frozenset[str], *, bodies: bool) -> Generator[None]:
        """Trace these plugins, or all if there are none, for as long as the lease is held."""
        lease = _Lease(plugins, bodies)
        self._leases.add(lease)
        self._settle()
        try:
            yield
        finally:
            self._leases.discard(lease)
            self._settle()

    def tick(self) -> None:
        """Tell of calls that have been under way for a while; about once a second."""
        for trace in self._traces.values():
            trace.tick()

    # What a session does; see `Registry`.

    def check(self, session: Joining) -> Iterable[str]:
        """Find nothing wrong."""
        return ()

    def join(self, session: Joining) -> None:
        """Know it."""
        self._sessions[session.id] = session
        self._settle()

    def activated(self, session: Joining) -> None:
        """Nothing waits for this."""

    def leave(self, session: Joining) -> None:
        """Forget it."""
        if (
            self._sessions.pop(session.id, None) is not None
            and self._traces.pop(session.id, None) is not None
        ):
            session.peer.tap(None, None)

    def _settle(self) -> None:
        for session in self._sessions.values():
            wanted = self._wanted(session.plugin)
            trace = self._traces.get(session.id)
            if wanted and trace is None:
                trace = self._traces[session.id] = self._trace(session)
                session.peer.tap(trace.read, trace.written)
            elif not wanted and trace is not None:
                del self._traces[session.id]
                session.peer.tap(None, None)

    def _trace(self, session: Joining) -> WireTrace:
        plugin = session.plugin

        def bodies() -> bool:
            return any(one.bodies and plugin in (one.plugins or (plugin,)) for one in self._leases)

        return WireTrace(plugin, session.id, self._clock.wall, self._tell, bodies)

    def _tell(self, row: TraceRow) -> None:
        if row.ended_s is None:
            self._feed.pass_on(row)
        else:
            self._feed.publish(row)

    def _wanted(self, plugin: str) -> bool:
        return any(not one.plugins or plugin in one.plugins for one in self._leases)
