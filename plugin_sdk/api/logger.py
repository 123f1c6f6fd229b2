"""`self.logger`: the log as a logger of the standard library, for those who are used to one.

Everything that such a logger can do works: `%s` with arguments, `exc_info`, `extra`, `stack_info`, levels,
filters, `isEnabledFor`. It belongs to no tree of loggers, so a library's configuration does not change it.
"""

import logging
from collections.abc import Callable
from typing import Any

from plugin_sdk.api.host import Link
from plugin_sdk.api.log import Log

_NAMES = ((logging.CRITICAL, "critical"), (logging.ERROR, "error"), (logging.WARNING, "warning"))
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""Attributes of every record; what is beyond them came by `extra`."""

_formatter = logging.Formatter()


class ToHost(logging.Handler):
    """Hands records to the host's log."""

    def __init__(self, send: Callable[[bytes], bool], *, named: bool) -> None:
        """`named` adds the name of the record's logger."""
        super().__init__()
        self._log = Log(send)
        self._named = named

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record; one that can't be formatted is sent as it is."""
        try:
            message = record.getMessage()
        except Exception as exc:  # noqa: BLE001 - an author's format string; the line must not be lost for it
            message = f"{record.msg!r} % {record.args!r} ({type(exc).__name__}: {exc})"
        data: dict[str, Any] = {key: value for key, value in vars(record).items() if key not in _PLAIN}
        if self._named:
            data["logger"] = record.name
        exception = ""
        if record.exc_info and record.exc_info[0] is not None:
            exception = _formatter.formatException(record.exc_info)
        if record.stack_info:
            exception = f"{exception}\n{record.stack_info}" if exception else record.stack_info
        self._log.write(_level(record.levelno), message, data, exception or None)


class Logger(logging.Logger):
    """`self.logger`. Its level is `debug`: what is kept is the host's to say."""

    def __init__(self, link: Link) -> None:
        super().__init__(link.plugin_id or "plugin", logging.DEBUG)
        self.propagate = False
        self.addHandler(ToHost(lambda line: link.notify_host("log.write", line), named=False))


def _level(number: int) -> Any:
    name = next((name for least, name in _NAMES if number >= least), None)
    return name or ("info" if number >= logging.INFO else "debug")
