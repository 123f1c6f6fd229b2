"""Condition: where one plugin stands at this moment, and why.

The one owner of its state, its reason and its session: every change goes through `become`, which holds it
against the table of transitions and tells it. Decides nothing; what it becomes is said by the runner, while
there is one, and by the supervisor's verbs.
"""

from collections.abc import Callable

from host.clock import Clock
from host.facade import ExitFacts
from host.ids import PluginId, SessionId
from host.supervision.session import Session
from host.supervision.states import State, check, is_live

Told = Callable[["Condition", State], None]
"""Told of each change: the condition after it, and the state before it."""


class Condition:
    """One plugin's state and what belongs to it."""

    def __init__(self, plugin: PluginId, clock: Clock, told: Told) -> None:
        self.plugin = plugin
        self._clock = clock
        self._told = told
        self._state = State.DISCOVERED
        self._reason = ""
        self.session: Session | None = None
        """The run that is under way, from the spawn to the last of its descendants."""
        self.taking_calls: Session | None = None
        """The session, while it takes calls."""
        self.successor: Session | None = None
        """A run that may take over, from its spawn to the switch."""
        self.former: list[Session] = []
        """Runs that were replaced, and end what they had begun; the oldest first."""
        self.last_exit: ExitFacts | None = None
        self._retry_at_s: float | None = None

    @property
    def state(self) -> State:
        """Where it stands."""
        return self._state

    @property
    def reason(self) -> str:
        """Why it stands there, where that is not plain."""
        return self._reason

    @property
    def retry_in_s(self) -> float | None:
        """Seconds to the next start; None if none is planned."""
        return None if self._retry_at_s is None else max(0.0, self._retry_at_s - self._clock.monotonic())

    def become(self, new: State, reason: str = "") -> None:
        """Change and tell it.

        Raises:
            ForbiddenTransition: The host itself is wrong.
        """
        old = self._state
        if old is new and self._reason == reason:
            return
        if old is not new:
            check(old, new)
        self.begin_as(new, reason)
        self._told(self, old)

    def begin_as(self, state: State, reason: str) -> None:
        """Take what was kept from an earlier host; nobody is told."""
        self._state = state
        self._reason = reason
        self.taking_calls = self.session if is_live(state) else None

    def retry_after(self, seconds: float | None) -> None:
        """Show when the next start is due; None for never."""
        self._retry_at_s = None if seconds is None else self._clock.monotonic() + seconds

    def succeed(self, session: Session) -> None:
        """Let the run that may take over be the session. Its plugin is, or becomes, active."""
        self.successor, self.session = None, session
        if self._state is State.ACTIVE:
            self.taking_calls = session
        else:
            self.become(State.ACTIVE)

    def sessions(self) -> tuple[Session, ...]:
        """Return every run that lives."""
        return tuple(one for one in (self.session, self.successor, *self.former) if one is not None)

    def run(self, session: SessionId) -> Session | None:
        """Return one run by its id; None if it has ended."""
        return next((one for one in self.sessions() if one.id == session), None)

    def hasten(self) -> None:
        """Cut short what the end of its runs is waiting for."""
        for session in self.sessions():
            session.hasten()

    def forget(self, session: Session) -> None:
        """Forget a run: nothing of it is left."""
        if session is self.session:
            self.session = self.taking_calls = None
        elif session is self.successor:
            self.successor = None
        elif session in self.former:
            self.former.remove(session)
