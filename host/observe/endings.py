"""Endings: the end of a run that led to a plugin's present state, what it means and what to do about it."""

from dataclasses import dataclass

from host.observe.entries import End, StateChange, Timeline
from host.observe.wording import EXIT_CODES, SIGNALS

DOES = {
    "error": "The host does not try again by itself, because that could not help",
    "quarantined": "The host keeps it from starting, over restarts of the host too",
}
"""What the host does about a plugin in this state."""

_FAILURES = frozenset({"crashed", "unresponsive", "limit", "load_failed", "protocol_faults"})
_CHAIN_S = 3_600.0
"""Failures within this time of each other are counted together; the longest window of the restart policy."""

_ADVICE = {
    "crashed": "find the fault in the lines and calls above, mend the plugin and load it again",
    "limit": "see what it keeps or computes during these calls; if it needs that much, raise `limits` in its"
    " manifest or in plughost.toml",
    "unresponsive": "let what takes long be a `def` handler, or await it; nothing may block the event loop",
    "load_failed": "mend what fails while it starts (`on_load`), then load it",
    "refused": "do what the reason says, then load it",
    "protocol_faults": "mend what writes on its wire; the bad frames are in its log",
    "host": "nothing of the plugin's; see the host's own log for why the warden ended",
}


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of one run, as it was recorded with a change of state."""

    change: StateChange
    end: End
    pid: int | None
    began_s: float
    """Start of that run."""
    was_active: bool
    failures: int
    """Failed runs in a row of time, this one included."""
    first_s: float
    """When the first of them failed."""

    @property
    def code(self) -> str:
        """Of the error that callers got."""
        if self.end.cause == "stopped":
            return "not_active"
        if self.end.cause == "refused":
            return "load_refused"
        return "plugin_died" if self.was_active else "load_failed"

    def meaning(self) -> str:
        """Return what the exit means, as the end of a sentence; empty if it says nothing by itself."""
        if self.end.cause not in ("crashed", "load_failed"):
            return ""
        if self.end.signal is not None:
            said = SIGNALS.get(self.end.signal, "")
        else:
            said = EXIT_CODES.get(self.end.code, "") if self.end.code is not None else ""
        return f": {said}" if said else ""

    def sentence(self, last: StateChange) -> str:
        """Return why it ended, as a sentence."""
        end = self.end
        match end.cause:
            case "limit" | "unresponsive" | "protocol_faults" | "refused" | "load_failed":
                return ""  # the first sentence has said it
            case "host":
                return "That was the host's doing, and counts for nothing against the plugin."
            case "stopped":
                return self._stopped(last)
            case _:
                if self.was_active:
                    return f"The last call into it was `{end.last_method}`." if end.last_method else ""
                return "It had not finished starting."

    def advice(self, last: StateChange) -> str:
        """Return what to do next."""
        if last.new == "quarantined":
            first = _ADVICE.get(self.end.cause, "mend the plugin")
            return f"{first}; a changed package ends the quarantine, and so does a reset"
        if self.end.cause == "stopped":
            return ""
        if self.end.signal in ("SIGKILL", "SIGTERM", "SIGINT") and self.end.cause == "crashed":
            return "find who sent the signal; for SIGKILL look into `dmesg` for the kernel's memory killer"
        return _ADVICE.get(self.end.cause, "")

    def _stopped(self, last: StateChange) -> str:
        if self.change.host_closing:
            return "It was stopped because its host was closed; the next host starts it again."
        if not self.change.enabled:
            if last.enabled:
                return "The operator disabled it, and has enabled it since."
            return "The operator disabled it; that holds until it is enabled, over restarts of the host too."
        if self.change.wanted == "stopped":
            how = "killed" if "killed" in self.end.detail else "stopped"
            return f"It was {how} on request, and stays so until it is loaded again."
        if last.new == "active":
            return "It was stopped to be restarted, on request."
        return "It was stopped on request, to be restarted or before it could finish starting."


def ending_of(timeline: Timeline) -> Ending | None:
    """Return the end that led to the last state; None if it has not ended, or nothing is known of it."""
    changes = timeline.changes
    index = next((n for n in range(len(changes) - 1, -1, -1) if changes[n].end is not None), None)
    if index is None:
        return None
    change = changes[index]
    end = change.end
    assert end is not None
    began_s, pid, was_active = change.at_s - end.uptime_s, None, False
    for earlier in reversed(changes[:index]):
        pid = pid or earlier.pid
        was_active = was_active or earlier.new == "active"
        if earlier.new == "loading":
            began_s = min(began_s, earlier.at_s)
            break
    failures, first_s = 0, change.at_s
    for earlier in reversed(changes[: index + 1]):
        if earlier.end is None:
            continue
        if earlier.end.cause not in _FAILURES or first_s - earlier.at_s > _CHAIN_S:
            break
        failures += 1
        first_s = earlier.at_s
    return Ending(change, end, pid, began_s, was_active, failures, first_s)
