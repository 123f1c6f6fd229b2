"""Processes below a run: what they weigh, and that none is left behind, however its drivers end."""

import ctypes
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import psutil

from benchmarks.contestant import Absent

_PR_SET_CHILD_SUBREAPER = 36


@contextmanager
def nothing_left_behind() -> Generator[None]:
    """Kill, at the end, everything below this process that was not there at the beginning.

    What loses its parent meanwhile is adopted by this process, on Linux; elsewhere a driver that crashes may
    leave what does not notice the end of its stdin.
    """
    known = psutil.Process().children(recursive=True)
    _adopt_orphans(True)
    try:
        yield
    finally:
        while more := [one for one in _living() if one not in known]:
            _kill(more)
        _adopt_orphans(False)


def tree(pid: int) -> list[int]:
    """Return a process and everything below it; nothing if it has ended."""
    try:
        return [pid, *(one.pid for one in psutil.Process(pid).children(recursive=True))]
    except psutil.NoSuchProcess:
        return []


def end_tree(pid: int) -> None:
    """Kill a child of this process and everything below it."""
    try:
        root = psutil.Process(pid)
        _kill([*root.children(recursive=True), root])
    except psutil.NoSuchProcess:
        pass


def pss_mib(pid: int) -> float:
    """Return a process's proportional memory.

    Raises:
        Absent: This operating system does not tell it.
    """
    memory: Any = psutil.Process(pid).memory_full_info()
    pss_bytes: int | None = getattr(memory, "pss", None)
    if pss_bytes is None:
        raise Absent("this operating system does not tell proportional memory")
    return pss_bytes / 2**20


def _adopt_orphans(adopt: bool) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, int(adopt), 0, 0, 0)


def _living() -> list[psutil.Process]:
    below = psutil.Process().children(recursive=True)
    return [one for one in below if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def _kill(processes: list[psutil.Process]) -> None:
    for one in processes:
        try:
            one.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(processes, timeout=5)
