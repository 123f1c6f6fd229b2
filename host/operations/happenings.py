"""Happenings: what goes into the feeds: events of all kinds, and log lines, as front ends are shown them.

Takes what the parts of the host tell, in a microsecond or so; what it costs to show it is paid where somebody
looks. Texts leave here without control characters and without known secrets.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, cast

import msgspec

from host.clock import Clock
from host.facade import Change
from host.facade.rows import ProblemRow
from host.facade.tails import EventRow, LogRow
from host.logs import clean
from host.masking import known
from host.observe.log_entry import LogEntry
from host.operations.feed import Feeds
from protocol.topics import HOST_TOPICS

audit: Final = logging.getLogger("plughost.audit")

MAX_TEXT_CHARS: Final = 8_192
MAX_DATA_CHARS: Final = 4_096

_LOUD: Final = {"backoff": "warning", "unresponsive": "warning", "error": "error", "quarantined": "error"}
_LEVELS: Final = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

_PROMPTS: Final = f"{HOST_TOPICS}.prompt."
_CALLS: Final = frozenset({"call", "stream", "command.run", "hook.ask", "endpoint.request", "ui.invoke"})
"""Verbs that have a plugin do something: what comes of them is seen in figures and states."""

BEGUN: Final = "begun"
DONE: Final = "done"
LEFT: Final = "left by its reader"
"""What came of a verb; a stream is told of twice, and who reads it may leave. All else is a failure."""

Severity = Literal["info", "warning", "error"]


class Happenings:
    """What happens in one host."""

    def __init__(
        self, feeds: Feeds, clock: Clock, session: Callable[[str], str], moved: Callable[[], None]
    ) -> None:
        """`session(plugin)` is the id of its present run, empty if it has none.

        `moved()` is told of whatever a problem may begin or end with.
        """
        self._feeds = feeds
        self._clock = clock
        self._session = session
        self._moved = moved

    def changed(self, change: Change) -> None:
        """Take a change of state."""
        why = f": {change.reason}" if change.reason else ""
        self._event(
            kind="lifecycle",
            plugin=change.plugin,
            topic=f"{HOST_TOPICS}.plugin.{change.new}",
            text=f"{change.old} -> {change.new}{why}",
            severity=_LOUD.get(change.new, "info"),
            at_s=change.at_s,
        )

    def emitted(self, topic: str, text: bytes, _seq: int, time_s: float, by: str) -> None:
        """Take an event that was emitted."""
        head = topic.partition(".")[0]
        if head == HOST_TOPICS:
            if topic.startswith(f"{HOST_TOPICS}.plugin.") and topic.count(".") == 2 and b'"old"' in text:
                return  # `changed` has told it
            if topic.startswith(_PROMPTS):
                self._moved()
            kind, plugin = "host", _plugin_in(text)
        elif head == "plugin" or by:
            kind, plugin = "plugin", by or topic.split(".")[1]
        else:
            kind, plugin = "application", ""
        shown = clean(known.cleared(text[:MAX_DATA_CHARS].decode(errors="replace"), cut=True))
        data = f"{shown}…" if len(text) > MAX_DATA_CHARS else shown
        self._event(kind=kind, plugin=plugin, topic=topic, text=data, at_s=time_s)

    def configured(self, plugin: str, revision: int, by: str, applied: str) -> None:
        """Take a change of a plugin's configuration."""
        self._event(
            kind="configuration",
            plugin=plugin,
            topic=f"{HOST_TOPICS}.configuration.changed",
            text=f"revision {revision} by {by}, applied {applied.replace('_', ' ')}",
            by=by,
        )

    def problem(self, problem: ProblemRow, *, over: bool) -> None:
        """Take a problem that began, or ended."""
        self._event(
            kind="security" if problem.kind in ("denied", "consent", "root") else "host",
            plugin=problem.plugin,
            topic=f"{HOST_TOPICS}.problem.{'over' if over else 'began'}",
            text=f"over: {problem.title}" if over else problem.title,
            severity="info" if over else problem.severity,
        )

    def audited(self, by: str, method: str, params: Mapping[str, Any], outcome: str) -> None:
        """Take a verb that somebody had the host do, and what came of it."""
        shown = known.cleared_value({key: value for key, value in params.items() if value is not None})
        if method not in _CALLS:
            self._moved()
        failed = outcome not in (BEGUN, DONE, LEFT)
        plugin = shown.get("plugin")
        words = ", ".join(f"{key}={_brief(value)}" for key, value in shown.items())
        text = f"{method}({words}): {outcome}"
        audit.log(
            logging.WARNING if failed else logging.INFO,
            "%s",
            clean(text)[:MAX_TEXT_CHARS],
            extra={"fields": {"by": by}},
        )
        self._event(
            kind="audit",
            plugin=plugin if isinstance(plugin, str) else "",
            topic=f"{HOST_TOPICS}.audit.{method}",
            text=text,
            severity="warning" if failed else "info",
            by=by,
        )

    def logged(self, plugin: str, entry: LogEntry) -> None:
        """Take a line of a plugin's log."""
        text = f"{entry.text}\n{entry.exception}" if entry.exception else entry.text
        feed = self._feeds.logs
        feed.publish(
            LogRow(
                seq=feed.next_seq(),
                at_s=entry.at_s,
                plugin=plugin,
                session=self._session(plugin),
                level=entry.level,
                source=entry.source,
                text=_lines(text),
                fields=_fields(entry.fields),
            )
        )

    def _event(
        self,
        *,
        kind: str,
        plugin: str,
        topic: str,
        text: str,
        severity: str = "info",
        by: str = "",
        at_s: float | None = None,
    ) -> None:
        feed = self._feeds.events
        feed.publish(
            EventRow(
                seq=feed.next_seq(),
                at_s=self._clock.wall() if at_s is None else at_s,
                kind=kind,
                plugin=clean(plugin)[:100],
                topic=clean(topic)[:300],
                text=clean(known.cleared(text))[:MAX_TEXT_CHARS],
                severity=severity if severity in ("warning", "error") else "info",
                by=clean(by)[:200],
            )
        )


def _lines(text: str) -> str:
    return "\n".join(clean(line) for line in text[:MAX_TEXT_CHARS].split("\n"))


def _fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    if not fields:
        return {}
    try:
        text = msgspec.json.encode(dict(fields), enc_hook=str)
    except (TypeError, ValueError, RecursionError):
        return {"unreadable": clean(repr(fields))[:1_000]}
    if len(text) > MAX_DATA_CHARS:
        return {"cut": clean(text[:MAX_DATA_CHARS].decode(errors="replace"))}
    return msgspec.json.decode(text)


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}…"


def _plugin_in(text: bytes) -> str:
    try:
        found: Any = msgspec.json.decode(text)
    except msgspec.MsgspecError:
        return ""
    plugin: Any = cast("dict[str, Any]", found).get("plugin") if isinstance(found, dict) else None
    return plugin if isinstance(plugin, str) else ""
