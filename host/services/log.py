"""`log.*`: structured log lines of plugins. The name in the log is the session's, whatever a plugin says."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec

from host.facade import Caller
from host.ids import SessionId
from host.logs import clean
from host.masking import known
from host.supervision.session import Session
from protocol.messages.log import Level, LogWrite

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}


class _Head(msgspec.Struct, frozen=True):
    level: Level
    message: str
    dropped: int = 0


_decode = msgspec.json.Decoder(LogWrite).decode

_decode_head = msgspec.json.Decoder(_Head).decode

MAX_LINE_BYTES = 128 * 1024
"""Of a longer line only level and message are taken."""

MAX_MESSAGE_CHARS = 16_384
"""Longer messages and exception texts are cut, as the SDK does."""

Write = Callable[[Caller, int, str, Mapping[str, Any], str], None]


class LogService:
    """Turns `log.write` into lines of the plugin's log."""

    def __init__(self, write: Write) -> None:
        """`write(caller, level, message, fields, exception)` writes one line."""
        self._write = write

    def write(self, caller: Caller, method: str, params: msgspec.Raw) -> None:
        """Take one `log.write`; one that can't be read is a line that says so."""
        size = len(bytes(params))
        exception, fields = "", dict[str, Any]()
        try:
            if size > MAX_LINE_BYTES:
                line = _decode_head(params)
                fields = {"left_out_bytes": size}
            else:
                line = _decode(params)
                fields = _clean(line.data or {})
                exception = (line.exception or "").rstrip()
                if len(exception) > MAX_MESSAGE_CHARS:
                    exception = known.cleared(exception)
                exception = _lines(exception)[-MAX_MESSAGE_CHARS:]
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
            self._write(caller, logging.WARNING, f"a log line could not be read: {clean(str(exc))}", {}, "")
            return
        if line.dropped > 0:
            self._write(
                caller,
                logging.WARNING,
                f"the plugin dropped {line.dropped} log lines before this one",
                {},
                "",
            )
        message = line.message
        if len(message) >= MAX_MESSAGE_CHARS:
            message = known.beginning(message, MAX_MESSAGE_CHARS)
        self._write(caller, _LEVELS[line.level], _lines(message), fields, exception)


def writer(run: Callable[[str, SessionId], Session | None]) -> Write:
    """Return what writes to the log of the run that calls; of one that has ended nothing is taken."""

    def write(caller: Caller, level: int, message: str, fields: Mapping[str, Any], exception: str) -> None:
        found = run(caller.plugin, caller.session)
        if found is not None:
            found.log.write(level, message, fields, exception=exception)

    return write


def _lines(text: str) -> str:
    """Return a text of several lines without control characters."""
    return "\n".join(clean(line) for line in text.split("\n"))


def _clean(value: Any) -> Any:
    """Return fields without control characters; depth and size are bounded by what was decoded."""
    if isinstance(value, str):
        return _lines(value)
    if isinstance(value, dict):
        return {clean(key): _clean(item) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_clean(item) for item in cast("list[Any]", value)]
    return value
