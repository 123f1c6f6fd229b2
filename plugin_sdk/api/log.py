"""`self.log`: structured log lines, to the host. May be used from any thread.

A line is never waited for: while the host does not read, lines are dropped and the next one says how many.
"""

import traceback
from collections.abc import Callable
from typing import Any

from protocol import jsonrpc
from protocol.messages.log import Level, LogWrite

MAX_MESSAGE_CHARS = 16_384
"""Longer messages and exception texts are cut."""


class Log:
    """Writes log lines. `data` is anything that JSON can express; what it can't is shown by `repr`."""

    def __init__(self, send: Callable[[bytes], bool]) -> None:
        self._send = send
        self._dropped = 0

    def debug(self, message: str, **data: Any) -> None:
        """Write a line that only helps to find a fault."""
        self._write("debug", message, data)

    def info(self, message: str, **data: Any) -> None:
        """Write a line about normal work."""
        self._write("info", message, data)

    def warning(self, message: str, **data: Any) -> None:
        """Write a line about something that may become a fault."""
        self._write("warning", message, data)

    def error(self, message: str, *, exc_info: bool | BaseException = False, **data: Any) -> None:
        """Write a line about a fault; `exc_info` adds an exception's text."""
        self._write("error", message, data, exc_info)

    def exception(self, message: str, **data: Any) -> None:
        """Write a line about the exception that is being handled."""
        self._write("error", message, data, True)

    def critical(self, message: str, *, exc_info: bool | BaseException = False, **data: Any) -> None:
        """Write a line about something that ends the plugin's work."""
        self._write("critical", message, data, exc_info)

    def _write(
        self, level: Level, message: str, data: dict[str, Any], exc_info: bool | BaseException = False
    ) -> None:
        exception = None
        if isinstance(exc_info, BaseException):
            exception = "".join(traceback.format_exception(exc_info))[-MAX_MESSAGE_CHARS:]
        elif exc_info:
            exception = traceback.format_exc()[-MAX_MESSAGE_CHARS:]
        line = LogWrite(level, str(message)[:MAX_MESSAGE_CHARS], data or None, exception, self._dropped)
        try:
            text = jsonrpc.encode(line)
        except (TypeError, ValueError, OverflowError, RecursionError):
            shown = {jsonrpc.printable(key): _shown(value) for key, value in data.items()}
            cause = None if exception is None else jsonrpc.printable(exception)
            text = jsonrpc.encode(
                LogWrite(level, jsonrpc.printable(line.message), shown or None, cause, self._dropped)
            )
        if self._send(text):
            self._dropped = 0
        else:
            self._dropped += 1


def _shown(value: Any) -> str:
    try:
        return jsonrpc.printable(repr(value)[:MAX_MESSAGE_CHARS])
    except Exception as exc:  # noqa: BLE001 - an author's __repr__; a log line must not fail for it
        return f"<{type(value).__name__}, whose repr raised {type(exc).__name__}>"
