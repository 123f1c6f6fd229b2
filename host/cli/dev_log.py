"""DevLog: what `plughost dev` shows of the log: the plugin's own lines, told from the host's."""

import logging
from typing import Final

OWN: Final = frozenset({"log", "stderr", "stdout"})
"""Where a plugin's own lines come from; see `Track.line`."""


class DevLog(logging.Filter):
    """Names each line by who wrote it, and leaves out what the host says about its work in detail."""

    def __init__(self, *, rename: bool, verbose: bool) -> None:
        """`rename`: for people; programs are given the loggers' names. `verbose` leaves out nothing."""
        super().__init__()
        self._rename = rename
        self._verbose = verbose

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a line is shown."""
        source: object = getattr(record, "source", "host")
        is_own = record.name.startswith("plugin.") and source in OWN
        if self._rename:
            plugin = record.name.removeprefix("plugin.")
            record.name = (plugin if source == "log" else f"{plugin} {source}") if is_own else "host"
        return self._verbose or is_own or record.levelno >= logging.INFO

    def install(self) -> None:
        """Have every line of this program pass."""
        for handler in logging.getLogger().handlers:
            handler.addFilter(self)
