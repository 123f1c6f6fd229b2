"""The warden: parent of every plugin on Linux, so that none outlives its host.

A program of its own, single-threaded, started by the host with one end of a socket. It starts processes,
signals them while it knows that their pids are theirs, reports their ends, and, as subreaper, inherits and
kills what they leave behind. When the socket ends, however the host ended, it kills all its descendants and
leaves. It never sees a plugin's environment, arguments or configuration.

A child executes its program (exec mode), or, where the host says that it may, goes on in the warden's own
image, in which everything that a Python plugin needs is loaded already (fork mode).

It only ever signals its own direct children: their pids can't be reused before it has waited for them.
"""

import array
import os
import select
import signal
import socket
import sys
import time
from typing import NamedTuple

import msgspec

from plugin_sdk.runtime import confine
from plugin_sdk.runtime.image import Image
from plugin_sdk.runtime.processes import children_of
from plugin_sdk.runtime.strays import Strays
from protocol.launch import (
    Exited,
    NotLoaded,
    Signal,
    Spawn,
    SpawnFailed,
    Started,
    Sweep,
    ToWarden,
)

PR_SET_CHILD_SUBREAPER = 36
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
MESSAGE_BYTES = 256 * 1024
SWEEP_PASS_S = 0.01

_decode = msgspec.msgpack.Decoder(ToWarden).decode
_encode = msgspec.msgpack.Encoder().encode


class Birth(NamedTuple):
    """What a child that was just forked is to become."""

    descriptors: tuple[int, int, int]
    spec: int
    parent: int
    image: Image | None
    """In which it goes on; None if it executes a program."""


class Warden:
    """All processes of one host."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._pid = os.getpid()
        self._image = Image()
        self._pids: dict[str, int] = {}
        self._sessions: dict[int, str] = {}
        self._groups: dict[str, int] = {}
        self._strays = Strays()

    def run(self) -> Birth | None:
        """Serve until the host is gone, then leave nothing behind.

        In each child that is forked meanwhile it returns at once, with what the child is to become: the
        child's own code is to run on a stack that holds nothing of the warden.
        """
        try:
            return self._serve()
        except (OSError, EOFError, SystemExit):
            return (
                None  # any error of the socket is its end: ECONNRESET when the host died with unread reports
            )
        finally:
            if os.getpid() == self._pid:
                self._kill_all()

    def _serve(self) -> Birth | None:
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_read, False)
        os.set_blocking(wake_write, False)
        confine.reset_signals()
        for number in confine.IGNORED:
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, lambda _n, _f: None)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        for number in ENDING:
            signal.signal(number, _on_end)
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        poll.register(wake_read, select.POLLIN)
        while True:
            for fd, _ in poll.poll(SWEEP_PASS_S * 1_000 if self._strays.hunted else None):
                if fd == wake_read:
                    _drain(wake_read)
                    self._reap()
                elif (birth := self._receive()) is not None:
                    return birth
            if self._strays.hunted:
                for swept in self._strays.pass_over(pid for pid in _children() if pid not in self._sessions):
                    self._send(swept)
                self._reap()

    def _receive(self) -> Birth | None:
        """Do one thing that the host asks for. Raises EOFError at its end."""
        data, fds = _receive_with_descriptors(self._socket)
        if not data:
            raise EOFError
        message: ToWarden = _decode(data)
        birth = None
        match message:
            case Spawn(session, fork):
                birth = self._spawn(session, fork, fds)
            case Signal(session, number, group):
                self._signal(session, number, group)
            case Sweep(session, known):
                self._strays.hunt(session, self._groups.pop(session, 0), known)
        if birth is None:
            for fd in fds:
                os.close(fd)
        return birth

    def _send(self, message: object) -> None:
        self._socket.send(_encode(message))

    def _spawn(self, session: str, fork: bool, fds: list[int]) -> Birth | None:
        if fork and not self._image.tried:
            self._image.load()
            if self._image.fault:
                self._send(NotLoaded(self._image.fault))
        # Until the child has its own dispositions, a signal would meet the warden's handlers in it.
        signal.pthread_sigmask(signal.SIG_BLOCK, confine.HANDLED)
        pid = -1
        try:
            stdin, stdout, stderr, spec = fds
            pid = os.fork()
            if pid == 0:
                image = self._image if fork and not self._image.fault else None
                return Birth((stdin, stdout, stderr), spec, self._pid, image)
        except (OSError, ValueError) as exc:
            self._send(SpawnFailed(session, str(exc)))
            return None
        finally:
            if pid != 0:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, confine.HANDLED)
        self._pids[session] = pid
        self._sessions[pid] = session
        self._send(Started(session, pid))
        return None

    def _signal(self, session: str, number: int, group: bool) -> None:
        pid = self._pids.get(session)
        if pid is None:
            return
        try:
            if group:
                os.killpg(pid, number)
            else:
                os.kill(pid, number)
        except PermissionError:
            pass
        except ProcessLookupError:
            # Its group is not there yet: the child is between fork and setsid.
            os.kill(pid, number)

    def _reap(self) -> None:
        """Wait for every child that has ended."""
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            pid = ended.si_pid
            session = self._sessions.pop(pid, None)
            if session is not None:
                # The group goes with its leader, and before the leader's pid is free to be reused.
                _kill_group(pid)
            _, status, usage = os.wait4(pid, 0)
            if session is not None:
                del self._pids[session]
                self._groups[session] = pid
                code = os.waitstatus_to_exitcode(status)
                self._send(Exited(session, code, usage.ru_maxrss * 1024, usage.ru_utime + usage.ru_stime))

    def _kill_all(self) -> None:
        """Kill every descendant; each pass inherits the next layer, until none is left."""
        signal.set_wakeup_fd(-1)
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)
        while True:
            for pid in self._sessions:
                _kill_group(pid)
            children = _children()
            for pid in children:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                return
            self._sessions.clear()
            if children:
                time.sleep(0.001)


def _on_end(_number: int, _frame: object) -> None:
    raise SystemExit


def _receive_with_descriptors(sock: socket.socket) -> tuple[bytes, list[int]]:
    fds = array.array("i")
    data, ancillary, _, _ = sock.recvmsg(MESSAGE_BYTES, socket.CMSG_LEN(4 * fds.itemsize))
    for level, kind, payload in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(payload[: len(payload) - len(payload) % fds.itemsize])
    return data, list(fds)


def _drain(fd: int) -> None:
    try:
        while os.read(fd, 4_096):
            pass
    except BlockingIOError:
        pass


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def _children() -> list[int]:
    return [*children_of(os.getpid())]


def main(arguments: list[str]) -> Birth | None:
    """Run on the socket that the first argument numbers; in a child, return what it is to become.

    What follows that argument is room for the children's names.
    """
    confine.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with socket.socket(fileno=int(arguments[0])) as sock:
        sock.set_inheritable(False)
        return Warden(sock).run()


if __name__ == "__main__":
    birth = main(sys.argv[1:])
    if birth is not None:
        image = birth.image
        confine.become(birth.spec, birth.descriptors, birth.parent, image and image.fit, msgspec.json.decode)
        assert image is not None
        image.live()
