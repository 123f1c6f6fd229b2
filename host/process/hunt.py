"""Hunts what is left of an ended session where no warden inherits it: by its mark, and by the last sweep."""

import asyncio
import threading
import time
from collections.abc import Collection, Sequence

import psutil

from host.process.known import SAME_START_S, kill_known
from host.process.launcher import PluginProcess
from host.process.marked import find_marked
from protocol.launch import Known

LIMIT_S = 2.0
"""How long one session's leavings are hunted. Source: behaviour in numbers, *Life*."""

EMPTY_PASSES = 2
"""Passes in a row that must find nothing before a session counts as gone."""

_PASS_S = 0.02


def hunt(loop: asyncio.AbstractEventLoop, process: PluginProcess, known: Sequence[Known]) -> None:
    """Kill descendants in a thread, then settle `process.swept` on `loop` with the pids of survivors."""
    threading.Thread(target=_hunt, args=(loop, process, tuple(known)), daemon=True).start()


def kill_marked(sessions: Collection[str]) -> None:
    """Kill all processes of many sessions at once, in a thread; each session's own hunt makes sure later."""
    marks = frozenset(sessions)
    threading.Thread(target=lambda: kill_known(find_marked(marks)), daemon=True).start()


def _hunt(loop: asyncio.AbstractEventLoop, process: PluginProcess, known: tuple[Known, ...]) -> None:
    targets = {one.pid: one for one in known}
    until = time.monotonic() + LIMIT_S
    empty = 0
    alive: list[Known] = []
    while empty < EMPTY_PASSES and time.monotonic() < until:
        targets.update((one.pid, one) for one in find_marked((process.session,)))
        alive = [one for one in targets.values() if _is_alive(one)]
        kill_known(alive)
        empty = 0 if alive else empty + 1
        time.sleep(_PASS_S)
    survivors = tuple(one.pid for one in alive if _is_alive(one))
    try:
        loop.call_soon_threadsafe(_settle, process.swept, survivors)
    except RuntimeError:
        pass  # the loop is closed; nobody waits any more


def _is_alive(known: Known) -> bool:
    try:
        process = psutil.Process(known.pid)
        same = abs(process.create_time() - known.started_s) < SAME_START_S
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _settle(future: "asyncio.Future[tuple[int, ...]]", value: tuple[int, ...]) -> None:
    if not future.done():
        future.set_result(value)
