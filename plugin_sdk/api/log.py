"""`self.log`: structured log lines, to the host. May be used from any thread.

A line is never waited for: while the host does not read, lines are dropped and the next one says how many.
"""

import traceback
from collections.abc import Callable, Generator, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, cast

from protocol import jsonrpc
from protocol.messages.log import Level, LogWrite

if TYPE_CHECKING:
    from plugin_sdk.api.logger import ToHost

MAX_MESSAGE_CHARS = 16_384
"""Longer messages and exception texts are cut."""

_LEVELS: dict[str, Level] = {
    "debug": "debug",
    "info": "info",
    "warning": "warning",
    "warn": "warning",
    "error": "error",
    "critical": "critical",
}

ExcInfo = bool | BaseException


class Written(Enum):
    """What the methods that write return: nothing to wait for, and yet it may be awaited, as all else is.

    In JSON it is null.
    """

    WRITTEN = None

    def __await__(self) -> Generator[Any, None, None]:
        yield from ()


class Log:
    """Writes log lines. `data` is anything that JSON can express; what it can't is shown by `repr`.

    Three spellings are understood: `log.error("it failed", order=7)`, `log.error("it failed for %s", name)`,
    and `log.error("my-plugin", "it-failed", {"order": 7})`, whose name is passed over: it is one's own.
    """

    def __init__(self, send: Callable[[bytes], bool]) -> None:
        self._send = send
        self._dropped = 0

    def __call__(
        self, level: str, message: str, data: Mapping[str, Any] | None = None, **more: Any
    ) -> Written:
        """Write a line of a level that is given by its name."""
        return self.write(_known(level), message, {**(data or {}), **more}, None)

    def debug(self, message: str, *args: Any, exc_info: ExcInfo = False, **data: Any) -> Written:
        """Write a line that only helps to find a fault."""
        return self._write("debug", message, args, data, exc_info)

    def info(self, message: str, *args: Any, exc_info: ExcInfo = False, **data: Any) -> Written:
        """Write a line about normal work."""
        return self._write("info", message, args, data, exc_info)

    def warning(self, message: str, *args: Any, exc_info: ExcInfo = False, **data: Any) -> Written:
        """Write a line about something that may become a fault."""
        return self._write("warning", message, args, data, exc_info)

    def error(self, message: str, *args: Any, exc_info: ExcInfo = False, **data: Any) -> Written:
        """Write a line about a fault; `exc_info` adds an exception's text."""
        return self._write("error", message, args, data, exc_info)

    def exception(self, message: str, *args: Any, exc_info: ExcInfo = True, **data: Any) -> Written:
        """Write a line about the exception that is being handled."""
        return self._write("error", message, args, data, exc_info)

    def critical(self, message: str, *args: Any, exc_info: ExcInfo = False, **data: Any) -> Written:
        """Write a line about something that ends the plugin's work."""
        return self._write("critical", message, args, data, exc_info)

    def capture(self, level: str = "info", logger: str = "") -> "ToHost":
        """Send what libraries log by `logging` to the host too, from this level on; all of them, or one.

        Returns the handler; `logging.getLogger(logger).removeHandler(handler)` ends it. A second call for the
        same logger takes the place of the first. Each line has the field `logger`.
        """
        import logging

        from plugin_sdk.api.logger import ToHost

        least = _known(level)
        source = logging.getLogger(logger)
        for earlier in [one for one in source.handlers if isinstance(one, ToHost)]:
            source.removeHandler(earlier)
        handler = ToHost(self._send, named=True)
        handler.setLevel(least.upper())
        source.addHandler(handler)
        # A logger passes on nothing that is below its own level.
        if source.getEffectiveLevel() > handler.level:
            source.setLevel(handler.level)
        return handler

    def write(self, level: Level, message: str, data: Mapping[str, Any], exception: str | None) -> Written:
        """Write a line with the text of an exception as it is."""
        cause = None if exception is None else exception[-MAX_MESSAGE_CHARS:]
        line = LogWrite(level, str(message)[:MAX_MESSAGE_CHARS], {**data} or None, cause, self._dropped)
        try:
            text = jsonrpc.encode(line)
        except (TypeError, ValueError, OverflowError, RecursionError):
            shown = {jsonrpc.printable(str(key)): _shown(value) for key, value in data.items()}
            cause = None if cause is None else jsonrpc.printable(cause)
            text = jsonrpc.encode(
                LogWrite(level, jsonrpc.printable(line.message), shown or None, cause, self._dropped)
            )
        if self._send(text):
            self._dropped = 0
        else:
            self._dropped += 1
        return Written.WRITTEN

    def _write(
        self, level: Level, message: str, args: tuple[Any, ...], data: dict[str, Any], exc_info: ExcInfo
    ) -> Written:
        exception = None
        if isinstance(exc_info, BaseException):
            exception = "".join(traceback.format_exception(exc_info))
        elif exc_info:
            exception = traceback.format_exc()
        if args:
            message, data = _joined(str(message), args, data)
        return self.write(level, message, data, exception)


def _known(level: str) -> Level:
    known = _LEVELS.get(str(level).lower())
    if known is None:
        raise ValueError(f"there is no log level {level!r}; there are {', '.join(_LEVELS)}")
    return known


def _joined(message: str, args: tuple[Any, ...], data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return message and data of a line that came with further arguments."""
    if "%" in message:  # which no plugin's name has
        try:
            return message % args, data
        except (TypeError, ValueError, KeyError) as exc:
            return f"{message!r} % {_shown(args)} ({type(exc).__name__}: {exc})", data
    code: Any = args[0]
    given: Any = args[1] if len(args) > 1 else {}
    if len(args) <= 2 and isinstance(code, str) and isinstance(given, Mapping):
        table = cast("Mapping[Any, Any]", given)
        return code, {**{str(key): value for key, value in table.items()}, **data}
    return message, {**data, "args": [*args]}


def _shown(value: Any) -> str:
    try:
        return jsonrpc.printable(repr(value)[:MAX_MESSAGE_CHARS])
    except Exception as exc:  # noqa: BLE001 - an author's __repr__; a log line must not fail for it
        return f"<{type(value).__name__}, whose repr raised {type(exc).__name__}>"
