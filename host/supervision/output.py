"""What a plugin writes besides messages: its stderr, kept from the first byte, and its log lines.

Owns the last lines for the exit facts and the rate at which lines reach the host's log. The pipe is always
read, at a bounded pace, so a plugin that floods waits for the host and not the other way round.
"""

import logging
import os
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import anyio

from host.ids import PluginId
from host.masking import known
from host.recording import Track

KEPT_LINES = 200
"""Last lines of stderr that the exit facts hold. Source: behaviour in numbers, *Life*."""

KEPT_EXCEPTION_CHARS = 2_000
"""Of the last exception, for the error of a start that failed by it."""

MAX_LINE_BYTES = 8 * 1024
"""Longer lines are cut."""

LINES_PER_S = 200
"""Log lines of one plugin that reach the host's log, on average."""

BURST_LINES = 500

_READ_BYTES = 16 * 1024
_REST_READS = 8
"""More than a pipe holds; bounded, because a descendant may hold the other end and go on writing."""

_PAUSE_S = 0.002
"""Between two reads: each costs a turn of the loop, which the charge for its lines does not see."""


LINE_UNIT_CHARS = 1024
"""A longer line counts as several."""


class PluginLog:
    """What a plugin logs: to the logger `plugin.<id>` and its track, at a bounded rate; the rest counts."""

    def __init__(self, plugin: PluginId, now: Callable[[], float], track: Track) -> None:
        self._logger = logging.getLogger(f"plugin.{plugin}")
        self._now = now
        self._track = track
        self._at = now()
        self._left = float(BURST_LINES)
        self._unsaid = 0
        self.dropped = 0
        """Lines left out so far."""
        self.last_exception = ""
        """The end of what it logged last with an exception, masked; the rest is in the log."""

    def write(
        self,
        level: int,
        message: str,
        fields: Mapping[str, Any] | None = None,
        *,
        source: str = "log",
        exception: str = "",
        is_masked: bool = False,
    ) -> None:
        """Log one line of the plugin's, or count it. `is_masked`: it went through `mask` already."""
        kept = level >= self._track.level
        if not kept and not self._logger.isEnabledFor(level):
            return
        self._refill()
        if self._left < 1.0:
            self.dropped += 1
            self._unsaid += 1
            return
        size = len(message) + len(exception) + (len(repr(fields)) if fields else 0)
        self._left -= 1.0 + size // LINE_UNIT_CHARS
        self.settle()
        if not is_masked:
            mask = self._track.mask
            message, exception = mask(message), mask(exception) if exception else ""
        if exception:
            self.last_exception = exception[-KEPT_EXCEPTION_CHARS:]
        shown = f"{message}\n{exception}" if exception else message
        told: dict[str, Any] = known.cleared_value(dict(fields)) if fields else {}
        self._logger.log(level, "%s", shown, extra={"fields": told, "source": source})
        if kept:
            self._track.line(level, message, told, source=source, exception=exception)

    def say(self, level: int, message: str, fields: Mapping[str, Any] | None = None) -> None:
        """Log one line of the host's about the plugin; these are few, and never left out."""
        told = known.cleared_value(dict(fields or {}))
        message = self._track.mask(message)
        self._logger.log(level, "%s", message, extra={"fields": told})
        self._track.line(level, message, told, source="host")

    def info(self, message: str, fields: Mapping[str, Any] | None = None) -> None:
        """Say something about normal work."""
        self.say(logging.INFO, message, fields)

    def warning(self, message: str, fields: Mapping[str, Any] | None = None) -> None:
        """Say something that may become a fault."""
        self.say(logging.WARNING, message, fields)

    def error(self, message: str, fields: Mapping[str, Any] | None = None) -> None:
        """Say something about a fault."""
        self.say(logging.ERROR, message, fields)

    def mask(self, text: str) -> str:
        """Return a text without what may not be shown."""
        return self._track.mask(text)

    def settle(self, *, end: bool = False) -> None:
        """Say how many lines were left out, once there is room for that, or at the `end`."""
        if not self._unsaid:
            return
        self._refill()
        if end or self._left >= 0.0:
            unsaid, self._unsaid = self._unsaid, 0
            self.warning("log lines were left out", {"lines": unsaid})

    def _refill(self) -> None:
        now = self._now()
        self._left = min(BURST_LINES, self._left + (now - self._at) * LINES_PER_S)
        self._at = now


class Stderr:
    """Reads one process's stderr to its end."""

    def __init__(self, fd: int, log: PluginLog, charge: Callable[[float], float]) -> None:
        """`charge(seconds)` is told what reading cost and answers how long to stop."""
        os.set_blocking(fd, False)
        self._fd = fd
        self._log = log
        self._charge = charge
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._partial = b""

    def tail(self) -> tuple[str, ...]:
        """Return the last lines, an unfinished one included."""
        partial = (self._shown(self._partial),) if self._partial else ()
        return (*self._lines, *partial)[-KEPT_LINES:]

    async def run(self) -> None:
        """Read until the last writer is gone; whoever cancels it calls `close`."""
        while True:
            await anyio.wait_readable(self._fd)
            started = time.perf_counter()
            if self._read() == 0:
                return
            await anyio.sleep(max(_PAUSE_S, self._charge(time.perf_counter() - started)))

    def read_rest(self) -> None:
        """Take what the kernel still holds, without waiting for the writers to end."""
        for _ in range(_REST_READS):
            if self._fd < 0 or self._read() < _READ_BYTES:
                return

    def close(self) -> None:
        """Take what is there and let go of the descriptor."""
        if self._fd < 0:
            return
        self.read_rest()
        os.close(self._fd)
        self._fd = -1

    def _read(self) -> int:
        """Read once; return how much there was, 0 at the end, 1 for nothing yet."""
        try:
            data = os.read(self._fd, _READ_BYTES)
        except BlockingIOError:
            return 1
        except OSError:
            return 0
        *lines, rest = (self._partial + data).split(b"\n")
        for line in lines:
            self._take(line)
        # A line without an end is cut and goes on as the next one.
        while len(rest) > MAX_LINE_BYTES + known.longest_bytes:
            # A secret that lies across the cut is whole here.
            rest = known.cleared_bytes(rest)
            self._take(rest[:MAX_LINE_BYTES])
            rest = rest[MAX_LINE_BYTES:]
        self._partial = rest
        if not data and rest:
            self._partial = b""
            self._take(rest)
        return len(data)

    def _take(self, line: bytes) -> None:
        if len(line) > MAX_LINE_BYTES:
            # Before it is cut: a secret that lies across the cut is whole here.
            line = known.cleared_bytes(line)[:MAX_LINE_BYTES]
        text = self._shown(line)
        self._lines.append(text)
        self._log.write(logging.INFO, text, {"stream": "stderr"}, source="stderr", is_masked=True)

    def _shown(self, line: bytes) -> str:
        return self._log.mask(line.decode(errors="replace").rstrip("\r"))
