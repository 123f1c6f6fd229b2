"""One interface over processes that the warden starts and those that the host starts itself."""

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from host.ids import SessionId
from host.process.exit_status import ExitStatus
from host.process.program import Program
from protocol.launch import Known

SPAWN_TIMEOUT_S = 10.0
"""Longest wait for a process to exist, once asked for."""


class SpawnError(Exception):
    """There is no process; the message says why."""


class Launcher(Protocol):
    """Starts processes, and outlives none of them."""

    async def spawn(self, session: SessionId, program: Program) -> "PluginProcess":
        """Start a process.

        Raises:
            SpawnError: It could not be started.
        """
        ...

    async def aclose(self) -> None:
        """Kill what is left and end."""
        ...

    @property
    def adopter(self) -> int | None:
        """Pid of the process that inherits plugins' orphans, if there is one."""
        ...


@dataclass(slots=True)
class Channels:
    """The host's three ends of a process's pipes, and the three that go to the process."""

    stdin: int
    stdout: int
    stderr: int
    theirs: tuple[int, ...]
    """Stdin, stdout and stderr of the process, in this order; empty once they are closed here."""

    def close_theirs(self) -> None:
        """Close the process's ends here."""
        for fd in self.theirs:
            os.close(fd)
        self.theirs = ()

    def close(self) -> None:
        """Close everything."""
        for fd in (self.stdin, self.stdout, self.stderr, *self.theirs):
            os.close(fd)


def open_channels() -> Channels:
    """Open three pipes, none of them inheritable."""
    opened: list[int] = []
    try:
        for _ in range(3):
            opened.extend(os.pipe())
    except OSError:
        for fd in opened:
            os.close(fd)
        raise
    in_read, in_write, out_read, out_write, err_read, err_write = opened
    return Channels(in_write, out_read, err_read, (in_read, out_write, err_write))


def open_spec(spec: bytes) -> int:
    """Return a descriptor of an unnamed file that holds the specification."""
    memfd: Callable[[str], int] | None = getattr(os, "memfd_create", None)
    if memfd is not None:
        fd = memfd("plughost-launch")
    else:
        with tempfile.TemporaryFile() as file:
            fd = os.dup(file.fileno())
    os.write(fd, spec)
    return fd


class PluginProcess:
    """One started process. Its descriptors belong to whoever takes them; `close_spec` ends the rest."""

    def __init__(
        self,
        session: SessionId,
        channels: Channels,
        spec_fd: int,
        spec_bytes: int,
        send_signal: Callable[[int, bool], None],
        sweep: Callable[[Sequence[Known]], None],
    ) -> None:
        loop = asyncio.get_running_loop()
        self.session = session
        self.pid = 0
        self.stdin_fd = channels.stdin
        self.stdout_fd = channels.stdout
        self.stderr_fd = channels.stderr
        self.exited: asyncio.Future[ExitStatus] = loop.create_future()
        self.swept: asyncio.Future[tuple[int, ...]] = loop.create_future()
        self._spec_fd = spec_fd
        self._spec_bytes = spec_bytes
        self._send_signal = send_signal
        self._sweep = sweep

    def signal(self, number: signal.Signals, *, group: bool = True) -> None:
        """Signal the process or its whole group; nothing happens if it has ended."""
        if not self.exited.done():
            self._send_signal(number, group)

    async def wait_exited(self) -> ExitStatus:
        """Wait for the process's end."""
        return await asyncio.shield(self.exited)

    async def sweep(self, known: Sequence[Known]) -> tuple[int, ...]:
        """After its end: kill what is left of its descendants; return the pids that could not be killed."""
        if not self.swept.done():
            self._sweep(known)
        return await asyncio.shield(self.swept)

    def start_failure(self) -> str:
        """Why the process did not become the plugin's program; empty if it did."""
        if self._spec_fd < 0:
            return ""
        with contextlib.suppress(OSError):
            return os.pread(self._spec_fd, 4_096, self._spec_bytes).decode(errors="replace")
        return ""

    def close_spec(self) -> None:
        """Free the specification; its text holds the plugin's environment."""
        if self._spec_fd >= 0:
            os.close(self._spec_fd)
            self._spec_fd = -1
