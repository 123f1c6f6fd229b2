"""States: where a plugin stands, and which way it may go from there.

Owns the names and the table of transitions. Does not decide a transition and keeps no plugin's state; the
supervisor checks here before each change.
"""

from enum import StrEnum


class State(StrEnum):
    """Where a plugin stands.

    - discovered: its manifest was read; nothing runs, nothing keeps it from being loaded
    - disabled: the operator disabled it
    - loading: its process is being started, shakes hands or runs on_load
    - active: it answers
    - unresponsive: its process lives and missed its pings
    - backoff: it ended; it is started again after a delay
    - unloading: it is being stopped
    - error: it can't run until somebody changes something
    - quarantined: it failed too often; kept from starting until it is reset or its package changes
    """

    DISCOVERED = "discovered"
    DISABLED = "disabled"
    LOADING = "loading"
    ACTIVE = "active"
    UNRESPONSIVE = "unresponsive"
    BACKOFF = "backoff"
    UNLOADING = "unloading"
    ERROR = "error"
    QUARANTINED = "quarantined"


ALLOWED: dict[State, frozenset[State]] = {
    State.DISCOVERED: frozenset({State.LOADING, State.DISABLED, State.QUARANTINED, State.ERROR}),
    State.DISABLED: frozenset({State.DISCOVERED}),
    State.LOADING: frozenset({State.ACTIVE, State.BACKOFF, State.ERROR, State.QUARANTINED, State.UNLOADING}),
    State.ACTIVE: frozenset(
        {State.UNRESPONSIVE, State.UNLOADING, State.BACKOFF, State.ERROR, State.QUARANTINED}
    ),
    State.UNRESPONSIVE: frozenset(
        {State.ACTIVE, State.UNLOADING, State.BACKOFF, State.QUARANTINED, State.ERROR}
    ),
    State.BACKOFF: frozenset(
        {State.LOADING, State.DISCOVERED, State.DISABLED, State.QUARANTINED, State.ERROR, State.UNLOADING}
    ),
    State.UNLOADING: frozenset(
        {State.DISCOVERED, State.DISABLED, State.LOADING, State.BACKOFF, State.ERROR, State.QUARANTINED}
    ),
    State.ERROR: frozenset({State.LOADING, State.DISCOVERED, State.DISABLED, State.QUARANTINED}),
    State.QUARANTINED: frozenset({State.DISCOVERED, State.DISABLED, State.LOADING, State.ERROR}),
}
"""From each state, the states that may follow."""

UNDER_WAY = frozenset({State.LOADING, State.ACTIVE, State.UNRESPONSIVE, State.BACKOFF, State.UNLOADING})
"""The states in which something runs, or will; all others are rest."""


class ForbiddenTransition(RuntimeError):
    """The host itself is wrong: it is about to move a plugin to a state that can't follow."""

    def __init__(self, old: State, new: State) -> None:
        super().__init__(f"a plugin can't go from {old} to {new}")
        self.old = old
        self.new = new


def check(old: State, new: State) -> None:
    """Raise ForbiddenTransition unless `new` may follow `old`; a state never follows itself."""
    if new not in ALLOWED[old]:
        raise ForbiddenTransition(old, new)


def is_live(state: State) -> bool:
    """Whether a plugin in this state has finished loading and its process still runs: it is pinged."""
    return state in (State.ACTIVE, State.UNRESPONSIVE)
