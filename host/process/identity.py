"""Identity of processes over time: what tells one from a later one with the same pid.

Start times are raw ticks where the kernel shows them, because a wall clock moves; elsewhere psutil's.
"""

import os
import sys
from pathlib import Path

import psutil

TICKS_PER_S = 100
"""Resolution of start times where the kernel shows no ticks."""


def start_ticks(pid: int) -> int | None:
    """Return when a process started, in ticks since boot; None if there is no such process."""
    if sys.platform == "linux":
        try:
            fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        except OSError:
            return None
        return int(fields[19])
    try:
        return int(psutil.Process(pid).create_time() * TICKS_PER_S)
    except psutil.Error:
        return None


def boot_id() -> str:
    """Return what changes at every boot."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return str(int(psutil.boot_time()))


def pid_namespace() -> str:
    """Return the namespace in which pids are counted; empty where there are none."""
    try:
        return os.readlink("/proc/self/ns/pid")  # noqa: PTH115 - what it names is no path
    except OSError:
        return ""
