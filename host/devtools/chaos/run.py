"""Run: faults put to one plugin, one after the other, and what became of each.

Owns what is asked after every fault (is it active, does it give a sign of life, is it still the same
process, did it break the protocol), and that the next fault finds a plugin that is well.
"""

import re
from collections.abc import AsyncGenerator, Sequence
from typing import Any, Final, Literal, cast

import anyio
import msgspec

from host.base_error import PlughostError
from host.devtools.chaos.fault import Fault, NotHere, Wrong
from host.devtools.chaos.trial import PING_S, Trial, brief
from host.devtools.chaos.victim import Victim

FAULT_S: Final = 180.0
"""Longest time of one fault."""

RECOVER_S: Final = 30.0
TAIL_LINES: Final = 12

WITHOUT: Final = "no-fault"
"""What a plugin fails that ends of itself; told once, before the first fault under which it does."""

_ENDED: Final = re.compile(r"plugin '[^']*' (?:exited with code|was killed by) .*")
_SECONDS: Final = re.compile(r" after [\d.]+ s")

Outcome = Literal["passed", "failed", "not applicable"]


class Finding(msgspec.Struct, frozen=True):
    """What became of one fault."""

    name: str
    outcome: Outcome
    seconds: float
    tried: int
    """Calls, requests and events that were made for it."""
    happened: str = ""
    """What went wrong, or what the plugin lacks."""
    does: str = ""
    expected: str = ""
    mend: str = ""
    said: tuple[str, ...] = ()
    """The last lines of the plugin's log and stderr since the fault began, of one that it failed."""

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return msgspec.to_builtins(self)


async def run_faults(victim: Victim, faults: Sequence[Fault], seed: int) -> AsyncGenerator[Finding, None]:
    """Put each fault to the plugin, and yield what became of it.

    The dice of a fault are its own: they do not depend on the faults before it.
    """
    plain: Finding | None = None
    is_told = False
    for fault in faults:
        trial = Trial(victim, f"{seed} {fault.name}")
        started_s = victim.now_s()
        outcome, happened = await _put(trial, fault)
        said: tuple[str, ...] = ()
        if outcome == "failed":
            said = (await victim.said(started_s))[-TAIL_LINES:]
        seconds = round(max(0.0, victim.now_s() - started_s), 3)
        has_ended = _ENDED.search(happened) is not None
        if has_ended:
            if plain is None:
                await _heal(victim, fresh=True)
                plain = await _without(victim, seed)
            if _is_same(plain.happened, happened):
                if not is_told:
                    yield plain
                is_told, outcome, said = True, "not applicable", ()
                happened = f"it fails in the same way when nothing is done to it: see {WITHOUT}"
        is_failed = outcome == "failed"
        shown = (fault.does, fault.expects, fault.mend) if is_failed else (fault.does, "", "")
        yield Finding(fault.name, outcome, seconds, trial.tried, happened, *shown, said)
        await _heal(victim, fresh=is_failed or has_ended)


async def _without(victim: Victim, seed: int) -> Finding:
    """Ask for everything that the plugin offers, with no fault, and return how its process ended of it."""
    trial = Trial(victim, f"{seed} {WITHOUT}")
    started_s = victim.now_s()
    found: list[str] = []
    with anyio.move_on_after(FAULT_S):
        found = await trial.exercise(late_is_fine=True)
    return Finding(
        WITHOUT,
        "failed",
        round(max(0.0, victim.now_s() - started_s), 3),
        trial.tried,
        next((one for one in found if _ENDED.search(one)), ""),
        "everything it offers is asked for once, with plain values, and nothing is done to it",
        "each is answered or refused; its process goes on",
        "mend this first: faults under which it would end all the same are not judged",
        (await victim.said(started_s))[-TAIL_LINES:],
    )


def _is_same(plain: str, happened: str) -> bool:
    """Tell whether two ends of a process are of one kind: how it ended, and in which call."""
    ends = [_SECONDS.sub("", one[0]) for one in map(_ENDED.search, (plain, happened)) if one is not None]
    return len(ends) == 2 and ends[0] == ends[1]


async def _put(trial: Trial, fault: Fault) -> tuple[Outcome, str]:
    victim = trial.victim
    if victim.pid is None:
        return "failed", f"it could not be brought back after the fault before: it is {victim.state}"
    pid, faults = victim.pid, victim.protocol_faults
    try:
        with anyio.fail_after(FAULT_S):
            await fault.strike(trial)
            happened = await _after(victim, fault, pid, faults)
    except NotHere as exc:
        return "not applicable", str(exc)
    except Wrong as exc:
        return "failed", str(exc)
    except TimeoutError:
        return "failed", f"it did not come to an end within {FAULT_S:g} s"
    except PlughostError as exc:
        return "failed", f"{exc.code}: {brief(exc)}"
    except BaseExceptionGroup as exc:
        # What a task of the fault's own found.
        leaves = _leaves(exc)
        if not all(isinstance(one, Wrong | PlughostError) for one in leaves):
            raise
        first = leaves[0]
        return "failed", brief(first) if isinstance(first, PlughostError) else str(first)
    return ("failed", happened) if happened else ("passed", "")


async def _after(victim: Victim, fault: Fault, pid: int, faults: int) -> str:
    """Return what is wrong with a plugin that a fault was put to."""
    if fault.keeps_process and victim.pid != pid:
        return f"its process ended: {victim.last_exit or victim.state}"
    if not await victim.active(RECOVER_S):
        return f"it is {victim.state} afterwards"
    if fault.keeps_process and victim.pid != pid:
        return f"its process ended: {victim.last_exit or victim.state}"
    try:
        await victim.ping(PING_S)
    except PlughostError as exc:
        return f"it gives no sign of life afterwards: {brief(exc)}"
    broken = victim.protocol_faults - faults if victim.pid == pid else 0
    return f"it broke the protocol {broken} times; its log says how" if broken > 0 else ""


async def _heal(victim: Victim, *, fresh: bool) -> None:
    """Make the plugin well for the next fault: after one that it failed, by a new process."""
    try:
        await victim.forgive()
        if fresh:
            await victim.restart()
        elif not await victim.active(RECOVER_S):
            await victim.load()
        await victim.forgive()
    except PlughostError:
        pass  # the next fault says that it is not there


def _leaves(error: BaseException) -> list[BaseException]:
    if not isinstance(error, BaseExceptionGroup):
        return [error]
    group = cast("BaseExceptionGroup[BaseException]", error)
    return [leaf for one in group.exceptions for leaf in _leaves(one)]
