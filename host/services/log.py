"""`log.*`: structured log lines of plugins. The name in the log is the session's, whatever a plugin says."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from host.facade import Caller
from protocol.messages.log import LogWrite

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}
_decode = msgspec.json.Decoder(LogWrite).decode

Write = Callable[[Caller, int, str, Mapping[str, Any]], None]


class LogService:
    """Turns `log.write` into lines of the plugin's log."""

    def __init__(self, write: Write) -> None:
        """`write(caller, level, message, fields)` writes one line."""
        self._write = write

    def write(self, caller: Caller, method: str, params: msgspec.Raw) -> None:
        """Take one `log.write`; one that can't be read is a line that says so."""
        try:
            line = _decode(params)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
            self._write(caller, logging.WARNING, f"a log line could not be read: {exc}", {})
            return
        if line.dropped > 0:
            self._write(
                caller, logging.WARNING, f"the plugin dropped {line.dropped} log lines before this one", {}
            )
        fields: dict[str, Any] = dict(line.data or {})
        message = line.message
        if line.exception is not None:
            message = f"{message}\n{line.exception.rstrip()}"
        self._write(caller, _LEVELS[line.level], message, fields)
