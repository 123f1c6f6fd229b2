"""The service manager of `plughost run`: systemd is told that the host is ready, reloads, lives, stops.

Owns the protocol of NOTIFY_SOCKET; without one it does nothing. A manager that can't be reached is no reason
to end.
"""

import contextlib
import os
import socket
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Final

import anyio

LEAST_BEAT_S: Final = 0.05
"""However short a watchdog's time is, the loop is not kept busy by it."""


class ServiceManager:
    """Who started this process, if it wants to be told."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Take where to tell, and how often the manager wants a sign of life."""
        self._address = environ.get("NOTIFY_SOCKET", "")
        self._beat_s = 0.0
        if environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid()):
            with contextlib.suppress(ValueError):
                self._beat_s = int(environ.get("WATCHDOG_USEC", "0")) / 2e6

    def ready(self, status: str) -> None:
        """Tell that plugins are loaded."""
        self._tell("READY=1", f"STATUS={_line(status)}")

    @contextmanager
    def reloading(self) -> Generator[None]:
        """Tell that settings are being read, and at the end that this is done."""
        # The manager compares this with its own clock: it has to be the moment of this very message.
        self._tell("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")
        try:
            yield
        finally:
            self._tell("READY=1")

    def stopping(self) -> None:
        """Tell that the end has begun."""
        self._tell("STOPPING=1", "STATUS=stopping")

    async def keep_alive(self) -> None:
        """Send signs of life from this loop, twice as often as they are wanted, until it is cancelled."""
        if not self._address or self._beat_s <= 0.0:
            return
        while True:
            self._tell("WATCHDOG=1")
            await anyio.sleep(max(self._beat_s, LEAST_BEAT_S))

    def _tell(self, *lines: str) -> None:
        if not self._address.startswith(("/", "@")):
            return
        # A name without a place in the file system begins with a zero byte, which no variable can hold.
        address = "\0" + self._address[1:] if self._address[0] == "@" else self._address
        kind = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, kind) as way:
            way.connect(address)
            way.send("\n".join(lines).encode(errors="replace"))


def _line(text: str) -> str:
    return " ".join(text.split())
