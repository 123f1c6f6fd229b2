"""Other processes, as the kernel shows them to the warden.

Nothing that another plugin's process holds may stay in the warden's memory, because plugins are forked from
it: environments are looked through in pages that are given back at once.
"""

import mmap
import os
from collections.abc import Iterator

_LISTS_CHILDREN = os.path.exists(f"/proc/self/task/{os.getpid()}/children")  # noqa: PTH110
_WINDOW_BYTES = 256 * 1024
_START_CODE, _ENV_END = 23, 48
_NOT_ALLOWED = b"1"
"""The kernel's start of the code of a process that may not be looked at."""


def children_of(pid: int) -> Iterator[int]:
    """Return the pids of its children, in any of its threads; none if it is gone."""
    if not _LISTS_CHILDREN:
        yield from _children_by_scan(pid)
        return
    try:
        for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - pathlib costs imports here
            with open(f"/proc/{pid}/task/{task}/children", "rb") as file:  # noqa: PTH123
                yield from map(int, file.read().split())
    except OSError:
        return


def stat_of(pid: int) -> list[bytes]:
    """Return the fields of /proc/PID/stat from the third one (the state) on; empty if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return []


def carries(pid: int, entry: bytes) -> bool:
    """Tell whether `NAME=value` is in a process's environment, as it is seen from outside."""
    sought = b"\0" + entry + b"\0"
    step = _WINDOW_BYTES - len(sought)
    try:
        file = os.open(f"/proc/{pid}/environ", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        with mmap.mmap(-1, 1 + _WINDOW_BYTES) as window:
            offset = 0
            while True:
                # The first byte stays 0: an entry begins at the start, too.
                with memoryview(window) as view, view[1:] as rest:
                    size = os.preadv(file, [rest], offset)
                found = window.find(sought, 0 if offset == 0 else 1, 1 + size)
                if found >= 0 or size < _WINDOW_BYTES:
                    return found >= 0
                offset += step
    except OSError:
        return False
    finally:
        os.close(file)


def is_between_programs(pid: int) -> bool:
    """Tell whether it just executes a program, or ends: its environment can't be seen at this moment."""
    fields = stat_of(pid)
    if len(fields) <= _ENV_END or fields[0] == b"Z":
        return False
    return fields[_ENV_END] == b"0" and fields[_START_CODE] != _NOT_ALLOWED


def boot_time_s() -> float:
    """Return when the machine was started, in seconds since the epoch."""
    with open("/proc/stat", "rb") as file:  # noqa: PTH123
        for line in file:
            if line.startswith(b"btime"):
                return float(line.split()[1])
    return 0.0


def _children_by_scan(pid: int) -> Iterator[int]:
    """Look at every process: for kernels that were built without lists of children."""
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdecimal():
            fields = stat_of(int(name))
            if len(fields) > 1 and int(fields[1]) == pid:
                yield int(name)
