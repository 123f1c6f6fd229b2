"""The program's log on a stream: readable lines or JSON lines, safe to show in a terminal.

Owns how a record looks. The library logs through `logging` with an event text and `extra={"fields": {...}}`
and never configures it; only a program does, by `configure`.
"""

import json
import logging
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TextIO, cast

from host.masking import known

if TYPE_CHECKING:
    from host.settings import LogSettings

_CONTROL: Final = re.compile(
    # C0, DEL and C1; marks and overrides that turn the writing direction; halves of surrogate pairs,
    # which no stream can encode.
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_PLAIN_VALUE: Final = re.compile(r"[^\s\"=\\]+")
_CONTINUED: Final = "\n    | "


class _Handler(logging.StreamHandler[TextIO]):
    """The handler that `configure` installs; a type of its own, so that the next call finds it."""


def configure(settings: "LogSettings", stream: TextIO) -> None:
    """Send every record of the settings' level and above to `stream`; an earlier call's stream is let go."""
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, _Handler)]:
        root.removeHandler(handler)
        handler.close()
    handler = _Handler(stream)
    handler.setFormatter(_JsonFormatter() if settings.format == "json" else _TextFormatter())
    root.addHandler(handler)
    root.setLevel(settings.level.upper())


def clean(text: str) -> str:
    r"""Return the text with every control character written out, as `\x1b` or `\u202e`; newlines too."""
    # Most text has none, and the search alone is several times faster than a substitution.
    return text if _CONTROL.search(text) is None else _CONTROL.sub(_written_out, text)


def _written_out(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


class _TextFormatter(logging.Formatter):
    """`HH:MM:SS.mmm LEVEL   logger  message  key=value`, local time; further lines start with a bar."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%H:%M:%S", time.localtime(record.created))
        head = f"{moment}.{int(record.msecs):03d} {record.levelname:<7} {clean(record.name)}  "
        pairs = "".join(f"  {clean(str(key))}={_value(value)}" for key, value in _fields(record).items())
        return known.cleared(head + _lines(record.getMessage()) + pairs + _continued(_trace(self, record)))


class _JsonFormatter(logging.Formatter):
    """One JSON object per line; control characters are escapes, so reading it gives the text as it was."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        fields = _fields(record)
        if fields:
            entry["fields"] = dict(fields)
        if trace := _trace(self, record):
            entry["exception"] = trace
        try:
            text = _json(entry)
        except (
            TypeError,
            ValueError,
        ):  # a key that is no text, NaN, a circle: the line matters more than the type
            text = _json(entry | {"fields": {str(key): str(value) for key, value in fields.items()}})
        return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", known.cleared(text))


def _json(entry: Mapping[str, object]) -> str:
    return json.dumps(entry, ensure_ascii=False, allow_nan=False, default=str, separators=(",", ":"))


def _fields(record: logging.LogRecord) -> Mapping[str, object]:
    fields = getattr(record, "fields", None)
    return cast("Mapping[str, object]", fields) if isinstance(fields, Mapping) else {}


def _value(value: object) -> str:
    """Return a field's value so that no text can pass for the next field."""
    text = str(value)
    if not _PLAIN_VALUE.fullmatch(text):
        text = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return clean(text)


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    parts: list[str] = []
    if record.exc_info and record.exc_info[0] is not None:
        parts.append(formatter.formatException(record.exc_info))
    if record.stack_info:
        parts.append(formatter.formatStack(record.stack_info))
    return "\n".join(parts)


def _lines(text: str) -> str:
    return _CONTINUED.join(clean(line) for line in text.split("\n"))


def _continued(text: str) -> str:
    return _CONTINUED + _lines(text) if text else ""
