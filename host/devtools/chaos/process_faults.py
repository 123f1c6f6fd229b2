"""Faults of the process: it is killed, stopped, starved, restarted, unloaded."""

import signal
from typing import Final

import anyio

from host.base_error import PlughostError
from host.devtools.chaos.fault import Fault, NotHere, Wrong
from host.devtools.chaos.trial import Trial
from host.devtools.chaos.victim import Kernel
from host.errors import PluginDied

RECOVER_S: Final = 30.0
"""Longest time until a plugin that was killed is active again."""

LEAVE_S: Final = 5.0
"""Longest time for a process to end by itself once its stdin is closed."""

STOPPED_S: Final = 1.0

AWAKE_S: Final = 1.0
"""How long a process that stood still is looked at: a thread of it may find late that time has passed."""

RESTARTS: Final = 10
UNLOAD_S: Final = 20.0
CALLS: Final = 16


async def _killed(trial: Trial) -> None:
    victim = trial.victim
    pid = victim.pid
    victim.signal(signal.SIGKILL)
    await _comes_back(trial, pid)


async def _killed_in_call(trial: Trial) -> None:
    victim, outcomes = trial.victim, list[str]()
    pid = victim.pid
    # It can't answer before it is killed: it does not run.
    victim.signal(signal.SIGSTOP)

    async def ask() -> None:
        try:
            await victim.ask("plugin.health", {}, RECOVER_S)
        except PluginDied:
            outcomes.append("")
        except PlughostError as exc:
            outcomes.append(f"the call failed with {exc.code} instead of plugin_died")
        else:
            outcomes.append("the call was answered by a process that was killed")

    async with anyio.create_task_group() as tasks:
        for _ in range(CALLS):
            tasks.start_soon(ask)
        await anyio.lowlevel.checkpoint()
        victim.signal(signal.SIGKILL)
    trial.tried += CALLS
    if bad := [one for one in outcomes if one]:
        raise Wrong(bad[0])
    await _comes_back(trial, pid)


async def _stopped(trial: Trial) -> None:
    victim = trial.victim
    pid = victim.pid
    assert pid is not None
    victim.signal(signal.SIGSTOP)
    try:
        await anyio.sleep(STOPPED_S)
    finally:
        victim.signal(signal.SIGCONT)
    await victim.ended(pid, AWAKE_S)


async def _terminated(trial: Trial) -> None:
    victim = trial.victim
    pid = victim.pid
    assert pid is not None
    victim.signal(signal.SIGTERM)
    if not await victim.ended(pid, LEAVE_S):
        victim.signal(signal.SIGKILL)
        await victim.ended(pid, LEAVE_S)
        raise Wrong(f"it still ran {LEAVE_S:g} s after SIGTERM, and had to be killed")
    await _comes_back(trial, pid)


async def _stdin_closed(trial: Trial) -> None:
    victim = trial.victim
    pid = victim.pid
    assert pid is not None
    victim.close_stdin()
    if not await victim.ended(pid, LEAVE_S):
        victim.signal(signal.SIGKILL)
        await victim.ended(pid, LEAVE_S)
        raise Wrong(f"it still ran {LEAVE_S:g} s after its stdin was closed, and had to be killed")
    await _comes_back(trial, pid)


async def _restarted(trial: Trial) -> None:
    for number in range(RESTARTS):
        trial.tried += 1
        try:
            await trial.victim.restart()
        except PlughostError as exc:
            raise Wrong(f"restart {number + 1} of {RESTARTS} failed: {exc}") from None
        await trial.victim.forgive()


async def _unloaded(trial: Trial) -> None:
    victim = trial.victim
    pid = victim.pid
    assert pid is not None

    async def ask() -> None:
        try:
            await victim.ask("plugin.health", {}, UNLOAD_S)
        except PlughostError:
            pass  # whatever the answer is, there is one

    with anyio.move_on_after(UNLOAD_S) as limit:
        async with anyio.create_task_group() as tasks:
            for _ in range(CALLS):
                tasks.start_soon(ask)
            await anyio.lowlevel.checkpoint()
            await victim.unload()
    trial.tried += CALLS
    if limit.cancelled_caught:
        raise Wrong(f"it was not unloaded within {UNLOAD_S:g} s, or a call was never answered")
    ending = victim.last_exit
    await victim.load()
    if "SIG" in ending:
        raise Wrong(f"it did not leave by itself when it was unloaded: it {ending}")


def _squeezed(what: Kernel, within: str) -> Fault:
    async def strike(trial: Trial) -> None:
        try:
            with trial.victim.squeezed(what):
                await trial.exercise(late_is_fine=True)
        except NotImplementedError as exc:
            raise NotHere(str(exc)) from None
        # It may die of it. It must not hang, and must be there again.
        if not await trial.victim.active(RECOVER_S):
            raise Wrong(f"it is {trial.victim.state}, and did not come back")

    return Fault(
        f"few-{what}" if what == "descriptors" else "little-memory",
        f"its process gets no more {within} than it has, while everything it offers is asked for",
        "it answers with errors, or ends and is started again; it does not hang",
        "let errors of the system (OSError, MemoryError) pass as errors; close what you open in `with`",
        strike,
        keeps_process=False,
    )


async def _comes_back(trial: Trial, pid: int | None) -> None:
    """Wait until another process of it serves."""
    if pid is not None and not await trial.victim.ended(pid, LEAVE_S):
        raise Wrong(f"its process {pid} is still there")
    if not await trial.victim.active(RECOVER_S):
        raise Wrong(f"it did not come back within {RECOVER_S:g} s: it is {trial.victim.state}")


_BACK = "the host starts it again by itself, and it is active"
_START = "see that on_load works a second time: what a run before left behind must not stop it"

PROCESS_FAULTS: Final = (
    Fault(
        "killed",
        "its process is killed (SIGKILL) while it rests",
        _BACK,
        _START,
        _killed,
        keeps_process=False,
    ),
    Fault(
        "killed-in-call",
        f"its process is killed while {CALLS} calls are under way",
        "each call fails with plugin_died at once; " + _BACK,
        _START,
        _killed_in_call,
        keeps_process=False,
    ),
    Fault(
        "stopped",
        f"its process stands still for {STOPPED_S:g} s (SIGSTOP, SIGCONT)",
        "it goes on as if nothing had been",
        "do not take time that has passed for work that was done; use deadlines that can be late",
        _stopped,
    ),
    Fault(
        "terminated",
        "its process is asked to end (SIGTERM) by somebody else",
        f"it ends within {LEAVE_S:g} s; " + _BACK,
        "do not ignore SIGTERM; leave threads as daemons, so that they do not keep the process",
        _terminated,
        keeps_process=False,
    ),
    Fault(
        "stdin-closed",
        "its stdin is closed, as when the host has died",
        f"it ends by itself within {LEAVE_S:g} s; " + _BACK,
        "end when stdin ends: `plugin_sdk` does, unless a thread or a loop of yours keeps the process",
        _stdin_closed,
        keeps_process=False,
    ),
    Fault(
        "restarted",
        f"it is restarted {RESTARTS} times, one after the other",
        "it is active each time",
        _START,
        _restarted,
        keeps_process=False,
    ),
    Fault(
        "unloaded-at-work",
        f"it is unloaded while {CALLS} calls are under way",
        "each call is answered, and the process leaves by itself",
        "bound what on_unload does (5 s), and let no thread or child keep the process",
        _unloaded,
        keeps_process=False,
    ),
    _squeezed("descriptors", "descriptors"),
    _squeezed("memory", "memory"),
)
