"""`log.*`: structured log lines of a plugin."""

from typing import Any, Literal

import msgspec

Level = Literal["debug", "info", "warning", "error", "critical"]


class LogWrite(msgspec.Struct, frozen=True, omit_defaults=True):
    """One log line; the plugin's name is the session's, whatever it says."""

    level: Level
    message: str
    data: dict[str, Any] | None = None
    exception: str | None = None
    """Formatted exception text."""
    dropped: int = 0
    """Lines that the plugin had to drop before this one, because the host did not read fast enough."""
