"""The warden: parent of every plugin on Linux, so that none outlives its host.

A program of its own, single-threaded, started by the host with one end of a socket. It starts processes,
signals them while it knows that their pids are theirs, reports their ends, and, as subreaper, inherits and
kills what they leave behind. When the socket ends, however the host ended, it kills all its descendants and
leaves. It never sees a plugin's environment, arguments or configuration.

It only ever signals its own direct children: their pids can't be reused before it has waited for them.
"""

import array
import ctypes
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator

import msgspec

from plugin_sdk.runtime import confine
from protocol.launch import (
    SESSION_MARK,
    Exited,
    Known,
    Signal,
    Spawn,
    SpawnFailed,
    Started,
    Sweep,
    Swept,
    ToWarden,
)

PR_SET_CHILD_SUBREAPER = 36
MESSAGE_BYTES = 256 * 1024
SWEEP_LIMIT_S = 2.0
"""How long one session's leavings are hunted. Source: behaviour in numbers, *Life*."""
SWEEP_PASS_S = 0.01
EMPTY_PASSES = 2
"""Passes in a row that must find nothing before a session counts as gone."""

_LISTS_CHILDREN = os.path.exists(f"/proc/self/task/{os.getpid()}/children")  # noqa: PTH110
_decode = msgspec.msgpack.Decoder(ToWarden).decode
_encode = msgspec.msgpack.Encoder().encode


class _Hunt:
    """Leavings of one ended session."""

    def __init__(self, session: str, group: int, known: tuple[Known, ...]) -> None:
        self.session = session
        self.group = group
        self.known = {one.pid: one.started_s for one in known}
        self.until = time.monotonic() + SWEEP_LIMIT_S
        self.empty = 0
        self.killed: set[int] = set()


class Warden:
    """All processes of one host."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._pids: dict[str, int] = {}
        self._sessions: dict[int, str] = {}
        self._groups: dict[str, int] = {}
        self._hunts: dict[str, _Hunt] = {}
        self._boot_s = _boot_time()

    def run(self) -> None:
        """Serve until the host is gone, then leave nothing behind."""
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_read, False)
        os.set_blocking(wake_write, False)
        signal.signal(signal.SIGCHLD, lambda _n, _f: None)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        ended = False
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_end)
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        poll.register(wake_read, select.POLLIN)
        try:
            while not ended:
                for fd, _ in poll.poll(SWEEP_PASS_S * 1_000 if self._hunts else None):
                    if fd == wake_read:
                        _drain(wake_read)
                        self._reap()
                    else:
                        ended = not self._receive()
                self._hunt()
        except (OSError, EOFError, SystemExit):
            pass  # any error of the socket is its end: ECONNRESET when the host died with unread reports
        finally:
            self._kill_all()

    def _on_end(self, _number: int, _frame: object) -> None:
        raise SystemExit

    def _receive(self) -> bool:
        data, fds, _, _ = _receive_with_descriptors(self._socket)
        if not data:
            return False
        try:
            message: ToWarden = _decode(data)
            match message:
                case Spawn(session):
                    self._spawn(session, fds)
                case Signal(session, number, group):
                    self._signal(session, number, group)
                case Sweep(session, known):
                    self._hunts[session] = _Hunt(session, self._groups.pop(session, 0), known)
        finally:
            for fd in fds:
                os.close(fd)
        return True

    def _send(self, message: object) -> None:
        self._socket.send(_encode(message))

    def _spawn(self, session: str, fds: list[int]) -> None:
        try:
            stdin, stdout, stderr, spec = fds
            pid = os.fork()
        except (OSError, ValueError) as exc:
            self._send(SpawnFailed(session, str(exc)))
            return
        if pid == 0:
            confine.become(spec, (stdin, stdout, stderr))
        self._pids[session] = pid
        self._sessions[pid] = session
        self._send(Started(session, pid))

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

    def _hunt(self) -> None:
        if not self._hunts:
            return
        strays = [pid for pid in _children() if pid not in self._sessions]
        for hunt in [*self._hunts.values()]:
            found = [pid for pid in strays if self._belongs(pid, hunt)]
            for pid in found:
                # What it leaves comes to us next, and is known by then.
                for child in _children_of(pid):
                    hunt.known.setdefault(child, 0.0)
                hunt.killed.add(pid)
                os.kill(pid, signal.SIGKILL)
            hunt.empty = 0 if found else hunt.empty + 1
            if hunt.empty >= EMPTY_PASSES or time.monotonic() > hunt.until:
                del self._hunts[hunt.session]
                self._send(Swept(hunt.session, len(hunt.killed), tuple(found)))
        self._reap()

    def _belongs(self, pid: int, hunt: _Hunt) -> bool:
        started_s = hunt.known.get(pid)
        if started_s is not None and (started_s == 0.0 or abs(self._started(pid) - started_s) < 1.0):
            return True
        fields = _stat(pid)
        if len(fields) > 3 and hunt.group and int(fields[3]) == hunt.group:
            return True
        return _mark(pid) == hunt.session

    def _started(self, pid: int) -> float:
        fields = _stat(pid)
        return self._boot_s + int(fields[19]) / os.sysconf("SC_CLK_TCK") if len(fields) > 19 else 0.0

    def _kill_all(self) -> None:
        """Kill every descendant; each pass inherits the next layer, until none is left."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
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


def _receive_with_descriptors(sock: socket.socket) -> tuple[bytes, list[int], int, object]:
    fds = array.array("i")
    data, ancillary, flags, address = sock.recvmsg(MESSAGE_BYTES, socket.CMSG_LEN(4 * fds.itemsize))
    for level, kind, payload in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(payload[: len(payload) - len(payload) % fds.itemsize])
    return data, list(fds), flags, address


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
    return [*_children_of(os.getpid())]


def _children_of(pid: int) -> Iterator[int]:
    if not _LISTS_CHILDREN:
        yield from _children_by_scan(pid)
        return
    try:
        for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - pathlib costs imports here
            with open(f"/proc/{pid}/task/{task}/children", "rb") as file:  # noqa: PTH123
                yield from map(int, file.read().split())
    except OSError:
        return


def _children_by_scan(pid: int) -> Iterator[int]:
    """Look at every process: for kernels that were built without lists of children."""
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdecimal():
            fields = _stat(int(name))
            if len(fields) > 1 and int(fields[1]) == pid:
                yield int(name)


def _stat(pid: int) -> list[bytes]:
    """Return the fields of /proc/PID/stat from the third one (the state) on; empty if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return []


def _mark(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123
            environment = file.read()
    except OSError:
        return ""
    prefix = SESSION_MARK.encode() + b"="
    for entry in environment.split(b"\0"):
        if entry.startswith(prefix):
            return entry[len(prefix) :].decode(errors="replace")
    return ""


def _boot_time() -> float:
    with open("/proc/stat", "rb") as file:  # noqa: PTH123
        for line in file:
            if line.startswith(b"btime"):
                return float(line.split()[1])
    return 0.0


def main(arguments: list[str]) -> int:
    """Run on the socket that the first argument numbers."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    sock = socket.socket(fileno=int(arguments[0]))
    sock.set_inheritable(False)
    Warden(sock).run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
