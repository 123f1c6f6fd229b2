"""What the log says when a plugin's state changes: to what, why, with which figures, and what next."""

import logging
from typing import Any

from host.facade import PluginView
from host.supervision.states import State
from protocol.sizes import format_size

NOT_ENFORCED = frozenset({"network", "devices", "files"})
"""Resources of permissions that only a sandbox could withhold."""

_LEVELS = {
    State.BACKOFF: logging.WARNING,
    State.UNRESPONSIVE: logging.WARNING,
    State.ERROR: logging.ERROR,
    State.QUARANTINED: logging.ERROR,
}
_REMEDIES = {
    State.ERROR: "mend it, then load it",
    State.QUARANTINED: "mend the package, or reset it",
}


def log_change(view: PluginView, old: State, new: State) -> None:
    """Log one change; `view` is the plugin after it."""
    why = f": {view.reason}" if view.reason else ""
    fields: dict[str, Any] = {}
    if new is State.ACTIVE and old is State.LOADING:
        fields["pid"] = view.pid
        fields["sandbox"] = "none, it has this user's rights"
        withheld = [one for one in view.permissions if one.partition(":")[0] in NOT_ENFORCED]
        if withheld:
            fields["not_enforced"] = withheld
    if new in _LEVELS and new is not State.UNRESPONSIVE:
        fields |= _facts(view)
    if new in _REMEDIES:
        fields["remedy"] = _REMEDIES[new]
    level = _LEVELS.get(new, logging.INFO)
    logger = logging.getLogger(f"plugin.{view.id}")
    logger.log(level, "%s -> %s%s", old.value, new.value, why, extra={"fields": fields})


def _facts(view: PluginView) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    facts = view.last_exit
    if facts is not None and facts.exit_text:
        fields["exit"] = facts.exit_text
        fields["uptime_s"] = round(facts.uptime_s, 1)
        if facts.last_method:
            fields["last_call"] = facts.last_method
        if facts.peak_memory_bytes is not None:
            fields["peak_memory"] = format_size(facts.peak_memory_bytes)
        if facts.survivors:
            fields["survivors"] = facts.survivors
    if view.retry_in_s is not None:
        fields["retry_in_s"] = round(view.retry_in_s, 1)
    return fields
