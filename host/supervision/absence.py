"""Absence: why a plugin takes no calls, as the error for whoever wants to call it."""

from host.errors import NotActive, StateError
from host.supervision.condition import Condition
from host.supervision.standing import Standing
from host.supervision.states import State

_TO_CALL_IT = {
    State.ACTIVE: "see `host.ui.contributions()` for what it adds",
    State.DISCOVERED: "load it first",
    State.UNLOADING: "load it again",
    State.ERROR: "mend what the reason says, then load it",
}


def absence(condition: Condition, standing: Standing) -> StateError:
    """Return the error for a plugin that takes no calls."""
    if condition.state is State.DISABLED:
        return standing.disabled_error()
    if condition.state is State.QUARANTINED:
        return standing.quarantined_error()
    what = "takes no calls" if condition.state is State.ACTIVE else f"is {condition.state.value}"
    why = f": {condition.reason}" if condition.reason else ""
    return NotActive(
        f"plugin {condition.plugin!r} {what}{why}",
        remedy=_TO_CALL_IT.get(condition.state, "call again once it is active"),
        plugin=condition.plugin,
        state=condition.state.value,
    )
