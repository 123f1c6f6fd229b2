"""Runs: the runs of plugins that one registry knows, and whether what each of them offers is in force.

Usually a plugin has one. While a new run takes over from the one that serves there are two: what the new one
offers waits, and after the switch the former one offers nothing any more while it ends what it had begun.
Called by the registries whose offers are also made by code while it runs.
"""

from host.errors import NotActive
from host.facade import Caller, Joining
from host.ids import SessionId


class Runs:
    """Of one registry."""

    def __init__(self) -> None:
        self._sessions: dict[SessionId, Joining] = {}
        self._waiting: set[SessionId] = set()
        self._replaced: set[SessionId] = set()

    def join(self, session: Joining) -> None:
        """Take a run in; what it offers is in force at once."""
        self._sessions[session.id] = session

    def wait(self, session: Joining) -> None:
        """Take a run in that may take over from another one; what it offers waits."""
        self._sessions[session.id] = session
        self._waiting.add(session.id)

    def succeed(self, session: Joining, predecessor: Joining) -> None:
        """Let a run take over; the one before may still ask, and registers nothing more."""
        self._waiting.discard(session.id)
        if predecessor.id in self._sessions:
            self._replaced.add(predecessor.id)

    def leave(self, session: Joining) -> bool:
        """Forget a run; return whether what it offered was in force, or would have been."""
        was_in_force = self.in_force(session.id)
        self._sessions.pop(session.id, None)
        self._waiting.discard(session.id)
        self._replaced.discard(session.id)
        return was_in_force

    def in_force(self, session: SessionId) -> bool:
        """Tell whether what a run offers can be asked for."""
        return session not in self._waiting and session not in self._replaced

    def is_replaced(self, session: SessionId) -> bool:
        """Tell whether another run took over from this one."""
        return session in self._replaced

    def of(self, caller: Caller) -> Joining:
        """Return the run that calls.

        Raises:
            NotActive: It ended meanwhile, or is not taken in yet.
        """
        session = self._sessions.get(caller.session)
        if session is None:
            raise NotActive(f"plugin {caller.plugin!r} can't register anything now: it is not loaded")
        return session

    def registering(self, caller: Caller) -> Joining:
        """Return the run that calls, and may offer something.

        Raises:
            NotActive: See `of`; or another run took over from it.
        """
        session = self.of(caller)
        if caller.session in self._replaced:
            raise NotActive(
                f"this run of plugin {caller.plugin!r} can't register anything: a new one took over from it",
                remedy="end what is under way; the new run registers what it offers",
                plugin=caller.plugin,
            )
        return session
