"""Starts plugins from the host itself: the fallback where there is no warden.

Each process gets a thread that waits for it, so that no signal handler and no child watcher is needed.
Descendants that moved into groups of their own are found by the session's mark; unlike with a warden,
a host that is killed leaves it to each plugin to notice.
"""

import asyncio
import importlib.util
import os
import resource
import signal
import subprocess
import sys
import threading

import anyio

from host.ids import SessionId
from host.process.exit_status import ExitStatus
from host.process.hunt import hunt
from host.process.launcher import PluginProcess, SpawnError, open_channels, open_spec
from host.process.program import Program

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
        inherited = _peak_bytes(resource.getrusage(resource.RUSAGE_SELF))
        process = PluginProcess(
            session,
            channels,
            spec_fd,
            len(spec),
            lambda number, group: _signal(child.pid, number, group),
            lambda known: hunt(self._loop, process, known),
        )
        process.pid = child.pid
        self._running[child.pid] = process
        waiter = threading.Thread(
            target=self._wait, args=(child, process, inherited), name=f"wait-{child.pid}", daemon=True
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

    def _wait(self, child: "subprocess.Popen[bytes]", process: PluginProcess, inherited: int) -> None:
        if hasattr(os, "waitid"):
            # The group goes with its leader, and before the leader's pid is free to be reused.
            os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
            _signal(child.pid, signal.SIGKILL, True)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        # The kernel counts what the child was before it became the program: the host itself.
        peak = _peak_bytes(usage)
        ended = ExitStatus.from_wait(
            child.returncode, peak if peak > inherited else None, usage.ru_utime + usage.ru_stime
        )
        try:
            self._loop.call_soon_threadsafe(self._ended, process, ended)
        except RuntimeError:
            pass  # the loop is closed; nobody waits any more

    def _ended(self, process: PluginProcess, status: ExitStatus) -> None:
        self._running.pop(process.pid, None)
        if not process.exited.done():
            process.exited.set_result(status)


def _peak_bytes(usage: resource.struct_rusage) -> int:
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _signal(pid: int, number: int, group: bool) -> None:
    try:
        if group:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass
