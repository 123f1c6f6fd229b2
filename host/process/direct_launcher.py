"""Starts plugins from the host itself: the fallback where there is no warden.

Each process gets a thread that waits for it, so that no signal handler and no child watcher is needed.
Descendants that moved into groups of their own are known from the last sweep; unlike with a warden,
a host that is killed leaves it to each plugin to notice.
"""

import asyncio
import importlib.util
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

import anyio
import psutil

from host.ids import SessionId
from host.process.exit_status import ExitStatus
from host.process.known import SAME_START_S, kill_known
from host.process.launcher import PluginProcess, SpawnError, open_channels, open_spec
from host.process.program import Program
from protocol.launch import Known

SWEEP_LIMIT_S = 2.0
"""How long one session's leavings are hunted. Source: behaviour in numbers, *Life*."""

_PASS_S = 0.02
_EMPTY_PASSES = 2
_WATCH_PARENT = "PLUGHOST_WATCH_PARENT"


class DirectLauncher:
    """All processes that this host started itself."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._running: dict[int, PluginProcess] = {}
        spec = importlib.util.find_spec("plugin_sdk.runtime.confine")
        assert spec is not None
        assert spec.origin is not None
        self._confine = spec.origin

    @property
    def adopter(self) -> int | None:
        """Nobody inherits orphans here."""
        return None

    async def spawn(self, session: SessionId, program: Program) -> PluginProcess:
        """Start a process; see `Launcher`."""
        watched = Program(
            program.argv,
            {**program.environment, _WATCH_PARENT: str(os.getpid())},
            program.folder,
            program.rlimits,
        )
        spec = watched.spec(os.getpid())
        try:
            spec_fd = open_spec(spec)
            try:
                channels = open_channels()
            except OSError:
                os.close(spec_fd)
                raise
        except OSError as exc:
            raise SpawnError(f"no descriptors for its pipes: {exc}") from exc
        stdin, stdout, stderr = channels.theirs
        try:
            child = subprocess.Popen(  # noqa: ASYNC220 - returns once the child runs; nothing is waited for
                [sys.executable, "-I", "-S", self._confine, str(spec_fd)],
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                pass_fds=(spec_fd,),
                start_new_session=True,
                env={},
            )
        except OSError as exc:
            channels.close()
            os.close(spec_fd)
            raise SpawnError(str(exc)) from exc
        channels.close_theirs()
        process = PluginProcess(
            session,
            channels,
            spec_fd,
            len(spec),
            lambda number, group: _signal(child.pid, number, group),
            lambda known: self._start_sweep(process, known),
        )
        process.pid = child.pid
        self._running[child.pid] = process
        waiter = threading.Thread(
            target=self._wait, args=(child, process), name=f"wait-{child.pid}", daemon=True
        )
        waiter.start()
        return process

    async def aclose(self) -> None:
        """Kill what is left."""
        with anyio.CancelScope(shield=True):
            for process in [*self._running.values()]:
                process.signal(signal.SIGKILL)
                await process.wait_exited()
                await process.sweep(())

    def _wait(self, child: "subprocess.Popen[bytes]", process: PluginProcess) -> None:
        if hasattr(os, "waitid"):
            # The group goes with its leader, and before the leader's pid is free to be reused.
            os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
            _signal(child.pid, signal.SIGKILL, True)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        kilobyte = 1 if sys.platform == "darwin" else 1024
        ended = ExitStatus.from_wait(
            child.returncode, usage.ru_maxrss * kilobyte, usage.ru_utime + usage.ru_stime
        )
        try:
            self._loop.call_soon_threadsafe(self._ended, process, ended)
        except RuntimeError:
            pass  # the loop is closed; nobody waits any more

    def _ended(self, process: PluginProcess, status: ExitStatus) -> None:
        self._running.pop(process.pid, None)
        if not process.exited.done():
            process.exited.set_result(status)

    def _start_sweep(self, process: PluginProcess, known: Sequence[Known]) -> None:
        threading.Thread(target=self._sweep, args=(process, tuple(known)), daemon=True).start()

    def _sweep(self, process: PluginProcess, known: tuple[Known, ...]) -> None:
        """Kill the known descendants and theirs, until two passes find none."""
        targets = {one.pid: one for one in known}
        until = time.monotonic() + SWEEP_LIMIT_S
        empty = 0
        while empty < _EMPTY_PASSES and time.monotonic() < until:
            _add_descendants(targets)
            alive = [one for one in targets.values() if _is_alive(one)]
            kill_known(alive)
            empty = 0 if alive else empty + 1
            time.sleep(_PASS_S)
        survivors = tuple(one.pid for one in targets.values() if _is_alive(one))
        try:
            self._loop.call_soon_threadsafe(_settle, process.swept, survivors)
        except RuntimeError:
            pass  # the loop is closed; nobody waits any more


def _add_descendants(targets: dict[int, Known]) -> None:
    for one in [*targets.values()]:
        try:
            for child in psutil.Process(one.pid).children(recursive=True):
                targets.setdefault(child.pid, Known(child.pid, child.create_time()))
        except psutil.Error:
            continue


def _is_alive(known: Known) -> bool:
    try:
        process = psutil.Process(known.pid)
        same = abs(process.create_time() - known.started_s) < SAME_START_S
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _signal(pid: int, number: int, group: bool) -> None:
    try:
        if group:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def _settle(future: "asyncio.Future[tuple[int, ...]]", value: tuple[int, ...]) -> None:
    if not future.done():
        future.set_result(value)
