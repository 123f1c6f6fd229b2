"""Starts plugins through the warden (`plugin_sdk.runtime.warden`): the normal way on Linux.

Owns the warden's life: it is started when the first process is, and again after it was lost. Its death ends
every plugin (the kernel sees to that), which this side reports as lost processes.
"""

import asyncio
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from typing import TypeVar

import anyio
import anyio.to_thread
import msgspec

from host.ids import SessionId
from host.process.exit_status import ExitStatus
from host.process.hunt import hunt, kill_marked
from host.process.launcher import SPAWN_TIMEOUT_S, PluginProcess, SpawnError, open_channels, open_spec
from host.process.program import Program, warden_environment
from protocol.launch import (
    MARK_ROOM,
    NAME_ROOM,
    SESSION_MARK,
    Exited,
    FromWarden,
    Known,
    NotLoaded,
    Signal,
    Spawn,
    SpawnFailed,
    Started,
    Sweep,
    Swept,
)

logger = logging.getLogger(__name__)

LEAVE_TIMEOUT_S = 5.0
"""Longest wait for the warden to clear up and leave."""

_T = TypeVar("_T")
_MESSAGE_BYTES = 64 * 1024
_decode = msgspec.msgpack.Decoder(FromWarden).decode
_encode = msgspec.msgpack.Encoder().encode


class WardenLauncher:
    """One warden and all processes that it was asked for."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._warden: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._environment: dict[str, str] = {}
        """The warden's own."""
        self._outbox: list[bytes] = []
        self._starting: dict[str, asyncio.Future[int]] = {}
        self._processes: dict[str, PluginProcess] = {}
        self._orphaned: set[str] = set()
        """Sessions whose warden was lost; a later one does not know them."""

    @property
    def adopter(self) -> int | None:
        """The warden's pid."""
        return None if self._warden is None else self._warden.pid

    async def spawn(self, session: SessionId, program: Program) -> PluginProcess:
        """Start a process; see `Launcher`."""
        self._ensure_warden()
        fork = program.may_fork_from(self._environment)
        spec = program.spec()
        try:
            spec_fd = open_spec(spec)
            try:
                channels = open_channels()
            except OSError:
                os.close(spec_fd)
                raise
        except OSError as exc:
            raise SpawnError(f"no descriptors for its pipes: {exc}") from exc
        process = PluginProcess(
            session,
            channels,
            spec_fd,
            len(spec),
            lambda number, group: self._send(Signal(session, number, group)),
            lambda known: self._sweep(session, known),
        )
        started = self._starting[session] = self._loop.create_future()
        self._processes[session] = process
        try:
            assert self._socket is not None
            await self._send_with_descriptors(Spawn(session, fork), [*channels.theirs, spec_fd])
            channels.close_theirs()
            with anyio.fail_after(SPAWN_TIMEOUT_S):
                process.pid = await started
        except BaseException as exc:
            self._processes.pop(session, None)
            channels.close()
            process.close_spec()
            if isinstance(exc, OSError | TimeoutError):
                raise SpawnError(f"the warden did not start it: {exc or 'no answer'}") from exc
            raise
        finally:
            self._starting.pop(session, None)
        return process

    async def aclose(self) -> None:
        """Close the socket: the warden kills whatever it still has, and leaves."""
        if self._socket is None:
            return
        self._close_socket()
        await self._wait_for_warden()

    def _ensure_warden(self) -> None:
        if self._socket is not None:
            return
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._environment = warden_environment()
        with theirs:
            self._warden = subprocess.Popen(
                [sys.executable, "-I", "-m", "plugin_sdk.runtime.warden", str(theirs.fileno()), NAME_ROOM],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                # A daemon may have closed its own; the warden's would be what it opens next.
                stderr=None if _has_stderr() else subprocess.DEVNULL,
                env={SESSION_MARK: MARK_ROOM, **self._environment},
                start_new_session=True,
            )
        ours.setblocking(False)
        self._socket = ours
        self._loop.add_reader(ours.fileno(), self._receive)

    def _send(self, message: object) -> None:
        """Send, in order; what the socket does not take now follows when it does."""
        if self._socket is None:
            return
        self._outbox.append(_encode(message))
        if len(self._outbox) == 1:
            self._flush()

    def _flush(self) -> None:
        sock = self._socket
        if sock is None:
            return
        while self._outbox:
            try:
                sock.send(self._outbox[0])
            except BlockingIOError:
                self._loop.add_writer(sock.fileno(), self._flush)
                return
            except OSError:
                self._outbox.clear()  # the reader sees the end and reports it
                break
            del self._outbox[0]
        self._loop.remove_writer(sock.fileno())

    async def _send_with_descriptors(self, message: object, fds: list[int]) -> None:
        data = _encode(message)
        while self._socket is not None:
            try:
                socket.send_fds(self._socket, [data], fds)
            except BlockingIOError:
                await anyio.wait_writable(self._socket)
            else:
                return
        raise SpawnError("the warden is gone")

    def _receive(self) -> None:
        assert self._socket is not None
        try:
            data = self._socket.recv(_MESSAGE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lost()
            return
        message: FromWarden = _decode(data)
        match message:
            case Started(session, pid):
                _settle(self._starting.get(session), pid)
            case SpawnFailed(session, reason):
                future = self._starting.get(session)
                if future is not None and not future.done():
                    future.set_exception(SpawnError(reason))
            case NotLoaded(reason):
                logger.warning(
                    "plugins can't be forked from the warden and are executed instead: each takes longer to "
                    "start, and more memory. The reason: %s",
                    reason,
                )
            case Exited(session, status, peak_rss_bytes, cpu_s):
                process = self._processes.get(session)
                if process is not None:
                    _settle(process.exited, ExitStatus.from_wait(status, peak_rss_bytes, cpu_s))
            case Swept(session, _, survivors):
                process = self._processes.pop(session, None)
                if process is not None:
                    _settle(process.swept, survivors)

    def _sweep(self, session: SessionId, known: Sequence[Known]) -> None:
        if session in self._processes and session not in self._orphaned and self._socket is not None:
            self._send(Sweep(session, tuple(known)))
            return
        self._orphaned.discard(session)
        process = self._processes.pop(session, None)
        if process is not None:
            hunt(self._loop, process, known)

    def _lost(self) -> None:
        self._close_socket()
        warden, self._warden = self._warden, None
        assert warden is not None
        # It has closed its socket as the last thing it did, or the kernel did at its end.
        status = ExitStatus.from_wait(warden.wait())
        logger.error(
            "the warden %s; its plugins end with it",
            status,
            extra={"fields": {"pid": warden.pid, "plugins": len(self._processes)}},
        )
        for future in self._starting.values():
            if not future.done():
                # It is not started from here instead: that nothing outlives a host is not given up unasked.
                future.set_exception(
                    SpawnError(
                        f"the warden {status}; what it said is on the host's stderr. "
                        '`warden = "off"` starts plugins without one'
                    )
                )
        kill_marked(self._processes)
        self._orphaned.update(self._processes)
        for process in self._processes.values():
            _settle(process.exited, ExitStatus())
        logger.warning("a new warden is started, and the plugins are brought back")

    def _close_socket(self) -> None:
        if self._socket is not None:
            self._loop.remove_reader(self._socket.fileno())
            self._loop.remove_writer(self._socket.fileno())
            self._socket.close()
            self._socket = None
            self._outbox.clear()

    async def _wait_for_warden(self) -> None:
        warden, self._warden = self._warden, None
        if warden is None:
            return
        with anyio.CancelScope(shield=True):
            try:
                await anyio.to_thread.run_sync(lambda: warden.wait(LEAVE_TIMEOUT_S))
            except subprocess.TimeoutExpired:
                logger.error("the warden did not leave; it is killed", extra={"fields": {"pid": warden.pid}})
                warden.kill()
                await anyio.to_thread.run_sync(warden.wait)
        for process in self._processes.values():
            _settle(process.exited, ExitStatus())
            _settle(process.swept, ())


def _has_stderr() -> bool:
    try:
        return os.get_inheritable(2)
    except OSError:
        return False


def _settle(future: "asyncio.Future[_T] | None", value: _T) -> None:
    if future is not None and not future.done():
        future.set_result(value)
