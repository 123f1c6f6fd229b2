"""LogEntry: one line of a plugin's log file, and its form: one JSON object a line."""

import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

LEVELS: dict[str, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}
"""Names of levels, and their numbers in `logging`."""

NAMES: dict[int, str] = {number: name for name, number in LEVELS.items()}

_encode = msgspec.json.Encoder(enc_hook=str).encode


class LogEntry(msgspec.Struct, frozen=True):
    """One line, as it happened."""

    at_s: float
    level: int
    source: str
    text: str
    fields: Mapping[str, Any]
    exception: str


def encode(entries: Iterable[LogEntry]) -> bytes:
    """Return entries as lines; fields that JSON can't express are shown as text."""
    lines: list[bytes] = []
    for entry in entries:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(entry.at_s, UTC).isoformat(timespec="milliseconds"),
            "level": NAMES.get(entry.level, str(entry.level)),
            "source": entry.source,
            "message": entry.text,
        }
        if entry.fields:
            line["fields"] = entry.fields
        if entry.exception:
            line["exception"] = entry.exception
        try:
            lines.append(_encode(line))
        except (TypeError, ValueError, RecursionError):
            lines.append(_encode(line | {"fields": {"unreadable": repr(entry.fields)[:1_000]}}))
    return b"\n".join(lines) + b"\n" if lines else b""
