"""The fields that a filter may name: for each kind of row, what is read and how its values are written.

`filters` reads the grammar; this is its vocabulary. Values come out of rows as text, several texts, a number
in the field's unit, or None where nothing is known.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from host.facade.rows import PluginRow
from host.facade.tails import EventRow, LogRow, TraceRow

Subject = Literal["plugin", "log", "event", "trace", "entry"]
"""Kinds of rows; an entry is a row of some listing, which says itself what its fields are."""
Unit = Literal["text", "count", "percent", "bytes", "seconds", "level"]
Value = str | tuple[str, ...] | float | None

STATES: Final = (
    "discovered", "disabled", "loading", "active", "unresponsive", "backoff", "unloading", "error",
    "quarantined",
)  # fmt: skip
"""States of a plugin. The host's own list lies above the facade; a test holds the two together."""

STATE_SPELLINGS: Final = {"running": "active", "healthy": "active", "initializing": "loading"}
"""Other plugin systems' words for states."""

LEVELS: Final = {"debug": 10, "info": 20, "warn": 30, "warning": 30, "error": 40, "critical": 50}

BYTES: Final = {"": 1, "b": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
SECONDS: Final = {"us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}

ALLOWED: Final[dict[Unit, str]] = {
    "text": "words, `*` for any part of one, and `,` between alternatives",
    "count": "a number, such as 3",
    "percent": "a number of percent, such as 20",
    "bytes": "bytes, with K, M, G or T, such as 200M",
    "seconds": "a time with its unit, us, ms, s, m, h or d, such as 50ms",
    "level": "debug, info, warn, error or critical",
}


@dataclass(frozen=True, slots=True)
class PluginLook:
    """A plugin's row, and the ids of the problems that are known."""

    row: PluginRow
    problem_ids: Collection[str]

    def kinds(self) -> tuple[str, ...]:
        """Return the kinds of the plugin's problems."""
        end = f":{self.row.id}"
        return tuple(known.removesuffix(end) for known in self.problem_ids if known.endswith(end))


@dataclass(frozen=True, slots=True)
class Field:
    """One field of one kind of row."""

    unit: Unit
    read: Callable[[Any], Value]
    words: tuple[str, ...] = ()
    """All that it can be; anything if empty."""
    spellings: Mapping[str, str] = field(default_factory=dict[str, str])
    """Other words for some of them."""


_NUMBER: Final = re.compile(r"(-?\d+(?:\.\d+)?)\s*([a-zA-Zµ%]*)")


def number(text: str, unit: Unit) -> float | None:
    """Return a number as written in a filter, in the field's unit; None if it is none."""
    if unit == "level" and text.lower() in LEVELS:
        return float(LEVELS[text.lower()])
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    value, suffix = float(found[1]), found[2]
    match unit:
        case "bytes":
            key = suffix.lower().removesuffix("ib") if len(suffix) == 3 else suffix.lower()
            key = key.removesuffix("b") if len(key) == 2 else key
            return value * BYTES[key] if key in BYTES else None
        case "seconds":
            return value * SECONDS[suffix] if suffix in SECONDS else None
        case "percent":
            return value if suffix in ("", "%") else None
        case _:
            return None if suffix else value


def _plugin_is(look: PluginLook) -> tuple[str, ...]:
    row = look.row
    states = {
        "problem": bool(look.kinds()),
        "enabled": row.enabled,
        "disabled": not row.enabled,
        "running": row.pid is not None,
        "update": bool(row.update),
        "waiting": bool(row.waiting_permissions),
        "throttled": row.throttled_to is not None,
        "broken": bool(row.manifest_faults),
    }
    return tuple(word for word, holds in states.items() if holds)


def _trace_is(row: TraceRow) -> tuple[str, ...]:
    states = {"open": row.ended_s is None and row.kind != "notification", "error": row.code != 0}
    return tuple(word for word, holds in states.items() if holds)


def _duration(row: TraceRow) -> float | None:
    return None if row.ended_s is None else row.ended_s - row.at_s


def _cores_as_percent(look: PluginLook) -> float | None:
    return None if look.row.cpu_cores is None else look.row.cpu_cores * 100


def _of_row(name: str) -> Callable[[PluginLook], Value]:
    def read(look: PluginLook) -> Value:
        return getattr(look.row, name)

    return read


def _of(name: str) -> Callable[[Any], Value]:
    def read(row: Any) -> Value:
        return getattr(row, name)

    return read


_SEVERITIES: Final = {"info": 20.0, "warning": 30.0, "error": 40.0}

FIELDS: Final[dict[Subject, dict[str, Field]]] = {
    "plugin": {
        "id": Field("text", _of_row("id")),
        "plugin": Field("text", _of_row("id")),
        "name": Field("text", _of_row("name")),
        "type": Field("text", _of_row("type")),
        "version": Field("text", _of_row("version")),
        "tag": Field("text", _of_row("tags")),
        "state": Field("text", _of_row("state"), STATES, STATE_SPELLINGS),
        "is": Field(
            "text",
            _plugin_is,
            ("problem", "enabled", "disabled", "running", "update", "waiting", "throttled", "broken"),
        ),
        "problem": Field("text", PluginLook.kinds),
        "cpu": Field("percent", _cores_as_percent),
        "mem": Field("bytes", _of_row("memory_bytes")),
        "rpc": Field("count", _of_row("calls_per_s")),
        "inflight": Field("count", _of_row("in_flight")),
        "p50": Field("seconds", _of_row("p50_s")),
        "p99": Field("seconds", _of_row("p99_s")),
        "err": Field("percent", _of_row("errors_pct")),
        "restarts": Field("count", _of_row("restarts")),
        "calls": Field("count", _of_row("calls")),
        "errors": Field("count", _of_row("errors")),
        "late": Field("count", _of_row("late")),
        "faults": Field("count", _of_row("faults")),
        "threads": Field("count", _of_row("threads")),
        "fds": Field("count", _of_row("descriptors")),
        "children": Field("count", _of_row("children")),
    },
    "log": {
        "plugin": Field("text", _of("plugin")),
        "lvl": Field("level", _of("level")),
        "source": Field("text", _of("source"), ("log", "stderr", "stdout", "host")),
        "session": Field("text", _of("session")),
    },
    "event": {
        "plugin": Field("text", _of("plugin")),
        "kind": Field(
            "text", _of("kind"), ("lifecycle", "configuration", "security", "plugin", "host", "audit")
        ),
        "topic": Field("text", _of("topic")),
        "by": Field("text", _of("by")),
        "lvl": Field("level", lambda row: _SEVERITIES.get(row.severity)),
    },
    "trace": {
        "plugin": Field("text", _of("plugin")),
        "method": Field("text", _of("method")),
        "id": Field("text", _of("id")),
        "session": Field("text", _of("session")),
        "dir": Field("text", _of("direction"), ("in", "out")),
        "kind": Field("text", _of("kind"), ("request", "stream", "notification")),
        "is": Field("text", _trace_is, ("open", "error")),
        "err": Field("count", _of("code")),
        "dur": Field("seconds", _duration),
        "bytes": Field("bytes", lambda row: row.request_bytes + row.response_bytes),
        "items": Field("count", _of("items")),
    },
}


def texts_of(subject: Subject, row: Any) -> tuple[str, ...]:
    """Return where a plain word or a regex is looked for."""
    match subject:
        case "plugin":
            known: PluginRow = row.row
            return (known.id, known.name, known.type, known.state, known.reason, *known.tags)
        case "log":
            line: LogRow = row
            return (line.text, line.plugin)
        case "event":
            event: EventRow = row
            return (event.text, event.topic, event.plugin, event.by)
        case "trace":
            call: TraceRow = row
            return (call.method, call.plugin, call.error, call.id)
        case "entry":
            entry: Mapping[str, Any] = row
            return tuple(str(value) for value in entry.values() if value is not None)
