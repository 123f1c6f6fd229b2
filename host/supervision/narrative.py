"""What the log says when a plugin's state changes: to what, why, with which figures, and what next."""

import logging
from typing import Any

from host.recording import Track
from host.supervision.condition import Condition
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


def log_change(now: Condition, old: State, track: Track) -> None:
    """Log one change, to the program's log and to the plugin's; `now` is the plugin's condition after it."""
    new = now.state
    level = _LEVELS.get(new, logging.INFO)
    logger = logging.getLogger(f"plugin.{now.plugin}")
    why = f": {now.reason}" if now.reason else ""
    fields: dict[str, Any] = {}
    if new is State.ACTIVE and old is State.LOADING and now.session is not None:
        fields["pid"] = now.session.pid
        fields["sandbox"] = "none, it has this user's rights"
        withheld = [one for one in now.session.grants.texts() if one.partition(":")[0] in NOT_ENFORCED]
        if withheld:
            fields["not_enforced"] = withheld
    if new in _LEVELS and new is not State.UNRESPONSIVE:
        fields |= _facts(now)
    if new in _REMEDIES:
        fields["remedy"] = _REMEDIES[new]
    text = track.mask(f"{old.value} -> {new.value}{why}")
    logger.log(level, "%s", text, extra={"fields": fields})
    track.line(level, text, fields, source="host")


def _facts(now: Condition) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    facts = now.last_exit
    if facts is not None and facts.exit_text:
        fields["exit"] = facts.exit_text
        fields["uptime_s"] = round(facts.uptime_s, 1)
        if facts.last_method:
            fields["last_call"] = facts.last_method
        if facts.peak_memory_bytes is not None:
            fields["peak_memory"] = format_size(facts.peak_memory_bytes)
        if facts.survivors:
            fields["survivors"] = facts.survivors
    if now.retry_in_s is not None:
        fields["retry_in_s"] = round(now.retry_in_s, 1)
    return fields
