"""Why: tells in sentences what led to a plugin's last change of state, from what the flight recorder has.

Pure: a timeline in, sentences out, whether or not a host runs. What happened to whom and when, why, with
figures; what the host did about it; what to do next.
"""

import msgspec

from host.observe import evidence
from host.observe.endings import DOES, Ending, ending_of
from host.observe.entries import StateChange, Timeline
from host.observe.wording import ago, moment, plural, span

LIVE = frozenset({"loading", "active", "unresponsive", "backoff", "unloading"})
"""States in which a host has work under way for the plugin."""

_UP = frozenset({"loading", "active", "unresponsive"})

_NOW = {
    "discovered": "is not running",
    "disabled": "is disabled",
    "loading": "is starting",
    "active": "is running",
    "unresponsive": "does not answer its pings",
    "backoff": "is down, and waits to be started again",
    "unloading": "is being stopped",
    "error": "is down and stays down until somebody changes something",
    "quarantined": "is in quarantine and kept from starting",
}
_CODES = {
    "discovered": "not_active",
    "disabled": "disabled",
    "loading": "not_active",
    "unloading": "not_active",
    "error": "load_refused",
    "quarantined": "quarantined",
}


class Why(msgspec.Struct, frozen=True):
    """What led to the present state."""

    plugin: str
    state: str
    """Empty where nothing is recorded."""
    since_s: float | None
    cause: str
    """Of the end that led here, if one did; see `ExitFacts`."""
    code: str
    """Of the error that callers get, or got when it ended; empty if none."""
    docs: str
    """Where more is said."""
    sentences: tuple[str, ...]
    lines: tuple[str, ...]
    """The plugin's own last lines before that."""
    advice: str
    """What to do next; empty if nothing is."""

    def __str__(self) -> str:
        """Return all of it as text."""
        parts = [*self.sentences]
        if self.lines:
            parts.append("Its last lines:" + "".join(f"\n  | {line}" for line in self.lines))
        if self.advice:
            parts.append(f"What to do: {self.advice}")
        if self.code:
            parts.append(f"Code: {self.code}, see {self.docs}")
        return "\n".join(parts)


def explain(
    timeline: Timeline,
    *,
    now_s: float,
    host: str | None = None,
    alive: bool = True,
    log_file: str | None = None,
) -> Why:
    """Tell it. `host` is the running host's name, None if unknown; `alive`: whether one holds the data."""
    plugin = timeline.plugin
    if not timeline.changes:
        said = f"Nothing is recorded of {plugin}: no host with this data folder has loaded it yet."
        return Why(plugin, "", None, "", "", "docs/recorder.md", (said,), (), "load it")
    last = timeline.changes[-1]
    lost = last.new in LIVE and (not alive or (host is not None and last.host != host))
    ending = None if lost else ending_of(timeline)
    if ending is not None and last.new in _UP and ending.end.cause in ("stopped", "host"):
        ending = None  # a stop that is over explains nothing
    told = [_headline(last, lost, timeline, now_s)]
    lines: tuple[str, ...] = ()
    advice, code, cause = "", _CODES.get(last.new, ""), ""
    docs = f"docs/errors.md#{code}" if code else ""
    if ending is not None:
        first, *rest = _story(ending, timeline, last, now_s)
        told += [f"The last time that it went down: {first}" if last.new == "active" else first, *rest]
        cause = ending.end.cause
        code = code or ending.code
        docs = f"docs/recorder.md#{cause}"
        if cause not in ("stopped", "host"):
            lines = tuple(evidence.lines(timeline, ending.began_s, ending.change.at_s, ending.end))
        advice = ending.advice(last)
    elif last.new == "active" and not lost:
        told.append("Nothing has gone wrong with it in what is recorded.")
    elif last.reason and not lost:
        told.append(f"The reason given: {_bare(last.reason)}.")
    if not lost:
        told += _host_did(last, now_s)
    if lost:
        advice = "start the host again; what it was doing at that time is in its own log"
        code, docs, cause = "", "docs/recorder.md#host", "host"
    elif last.new == "active":
        advice, code = ("" if ending is None else advice), ("" if ending is None else code)
    if not advice and last.new in ("disabled", "discovered"):
        advice = "enable it, then load it" if last.new == "disabled" else "load it when it is wanted"
    if log_file is not None and lines:
        advice = f"{advice}; its whole log is {log_file}"
    return Why(plugin, last.new, last.at_s, cause, code, docs, tuple(told), lines, advice)


def _headline(last: StateChange, lost: bool, timeline: Timeline, now_s: float) -> str:
    version = f" {last.version}" if last.version else ""
    when = f"{moment(last.at_s, now_s)} ({ago(last.at_s, now_s)})"
    if lost:
        latest = timeline.merged()[-1].at_s
        return (
            f"{timeline.plugin}{version} was {last.new} when its host ended without a word: it was killed, it"
            f" crashed, or the machine did. The last thing recorded is from {moment(latest, now_s)}"
            f" ({ago(latest, now_s)})."
        )
    return f"{timeline.plugin}{version} {_NOW.get(last.new, f'is {last.new}')} since {when}."


def _story(ending: Ending, timeline: Timeline, last: StateChange, now_s: float) -> list[str]:
    """Tell of the end that led here."""
    change, end = ending.change, ending.end
    until_s, since_s = change.at_s, ending.began_s
    when = moment(until_s, now_s)
    process = f"its process {ending.pid}" if ending.pid else "it"
    lived = f" after {span(end.uptime_s)}" if end.uptime_s else ""
    said: list[str] = []
    if end.cause in ("limit", "unresponsive", "protocol_faults"):
        said.append(f"At {when} the host ended {process}{lived}: {_bare(end.detail)}.")
    elif end.exit_text and end.cause not in ("refused", "load_failed"):
        said.append(f"At {when} {process} {end.exit_text}{lived}{ending.meaning()}.")
    elif end.cause in ("refused", "load_failed"):
        said.append(f"At {when} it did not become active: {_bare(end.detail)}.")
    else:
        said.append(f"At {when} {_bare(end.detail)}.")
    said.append(ending.sentence(last))
    if end.cause == "unresponsive":
        said += evidence.stacks(timeline, since_s, until_s)
    if end.cause not in ("stopped", "refused", "host"):
        said += evidence.memory(timeline, since_s, until_s, change.memory_limit_bytes, end)
        said += evidence.busy(timeline, since_s, until_s, change.cpu_limit_cores)
        said += evidence.calls(timeline, since_s, until_s)
    if end.survivors:
        pids = ", ".join(map(str, end.survivors))
        said.append(f"{plural(len(end.survivors), 'descendant')} could not be killed: {pids}.")
    failures = ending.failures
    if failures > 1:
        said.append(
            f"It was failure number {failures} in a row; the first was at {moment(ending.first_s, now_s)}."
        )
    return [one for one in said if one]


def _bare(text: str) -> str:
    """Return a text, which may be a sentence already, so that a sentence can end with it."""
    return text.removesuffix(".")


def _host_did(last: StateChange, now_s: float) -> list[str]:
    deed = DOES.get(last.new, "")
    if last.new == "backoff" and last.retry_in_s is not None:
        due_s = last.at_s + last.retry_in_s
        when = f"in {span(due_s - now_s)}" if due_s > now_s else "any moment now"
        deed = f"The host starts it again {when} (it waits {span(last.retry_in_s)} this time)"
        if last.restarts:
            deed += f"; {plural(last.restarts, 'restart')} in the last 10 minutes"
    elif last.new == "active" and last.restarts:
        deed = f"The host had restarted it; {plural(last.restarts, 'restart')} in 10 minutes"
    return [f"{deed}."] if deed else []
