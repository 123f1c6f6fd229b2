"""Psutil reader: reads processes on every platform, and is the reference for other readers.

Owns the last survey and psutil's objects. About 0.05 to 0.3 ms a process and sweep.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import psutil

from host.watchdog.reader import OpenProcess
from host.watchdog.sample import ProcessKey

Figure = TypeVar("Figure")
Default = TypeVar("Default")


class PsutilReader:
    """Meets `Reader` through psutil."""

    def __init__(self) -> None:
        self._parents: dict[int, int] = {}

    def survey(self, sources: Set[int]) -> Mapping[int, Sequence[int]]:
        """Return everybody's children."""
        self._parents = parent_map()
        offspring: defaultdict[int, list[int]] = defaultdict(list)
        for pid, parent in self._parents.items():
            offspring[parent].append(pid)
        return offspring

    def open(self, pid: int, parent: int | None = None) -> "PsutilProcess | None":
        """Open a process that the last survey showed, unless its number was passed on since."""
        expected = self._parents.get(pid) if parent is None else parent
        try:
            process = psutil.Process(pid)
            if expected is None or process.ppid() != expected:
                return None
            return PsutilProcess(ProcessKey(pid, process.create_time()), expected, process, self._parent)
        except psutil.Error:
            return None

    def _parent(self, pid: int) -> int | None:
        return self._parents.get(pid)


@dataclass(slots=True)
class PsutilProcess(OpenProcess):
    """One process, through psutil."""

    process: psutil.Process
    surveyed_parent: Callable[[int], int | None]
    """The parent of a pid in the last survey."""
    _doubtful: bool = field(default=False, init=False)
    """Its counters went back, so its number may have passed to another process."""
    _visible: psutil.Process = field(init=False)
    """Where its memory and descriptors show."""

    def __post_init__(self) -> None:
        self._visible = self.process

    def refresh(self) -> bool:
        """Read the figures; see `OpenProcess`."""
        if not self._survives():
            return False
        process = self._visible = self.process
        try:
            self.threads = _figure(process.num_threads, 0)
            self.rss_bytes = _rss_bytes(process)
            if not self.rss_bytes and self.threads > 1:
                self._visible = _thread_with_memory(process)
                self.rss_bytes = _rss_bytes(self._visible)
            self.ended = not self.rss_bytes and self.threads <= 1 and _is_zombie(process)
            self.descriptors = _figure(self._visible.num_fds, 0)
            self.written_bytes = _written_bytes(process)
            times = _figure(process.cpu_times, None)
        except psutil.NoSuchProcess:
            return False
        if times is not None:
            own_s, reaped_s = times.user + times.system, times.children_user + times.children_system
            self._doubtful = own_s < self.own_cpu_s or reaped_s < self.reaped_cpu_s
            self.own_cpu_s, self.reaped_cpu_s = own_s, reaped_s
        return True

    def pss_bytes(self) -> int | None:
        """Read its PSS; see `OpenProcess`."""
        # psutil 8 renames the method and warns about the old name. macOS knows no PSS.
        read = cast("Callable[[], Any] | None", getattr(self._visible, "memory_footprint", None))
        try:
            return getattr(read() if read else self._visible.memory_full_info(), "pss", None)
        except psutil.AccessDenied:
            return None
        except psutil.NoSuchProcess:
            if self._visible is not self.process:
                return None  # a thread is gone, which the process need not be
            raise ProcessLookupError(f"process {self.key.pid} is gone") from None

    def close(self) -> None:
        """Do nothing: psutil keeps nothing open."""

    def _survives(self) -> bool:
        # Asking psutil whether a number was passed on costs as much as two figures, and a new owner under the
        # same parent belongs to the tree anyway: it is asked where something looks odd.
        parent = self.surveyed_parent(self.key.pid)
        if parent is None:
            return False
        if (parent != self.parent or self._doubtful) and not self.process.is_running():
            return False
        self.parent, self._doubtful = parent, False
        return True


def parent_map() -> dict[int, int]:
    """Return every process's parent.

    psutil makes this map for `children()` and keeps it private. With 70 processes it takes 3 ms; asking each
    process of `process_iter` takes 7, and `children(recursive=True)` takes 3 for each root.
    """
    private = cast("Callable[[], dict[int, int]] | None", getattr(psutil, "_ppid_map", None))
    if private is not None:
        try:
            return private()
        except psutil.AccessDenied:
            pass  # under hidepid=1 one foreign process spoils the whole map
    parents: dict[int, int] = {}
    for process in psutil.process_iter():
        try:
            parents[process.pid] = process.ppid()
        except psutil.Error:
            continue
    return parents


def _figure(read: Callable[[], Figure], otherwise: Default) -> Figure | Default:
    """Read one figure; `otherwise` for what may not be seen, or has ended and awaits its parent."""
    try:
        return read()
    except (psutil.AccessDenied, psutil.ZombieProcess):
        return otherwise


def _thread_with_memory(process: psutil.Process) -> psutil.Process:
    """Return a thread of a process whose main thread ended before the others, and took the view along."""
    for thread in _figure(process.threads, ()):
        try:
            other = psutil.Process(thread.id)
            if other.memory_info().rss:
                return other
        except psutil.Error:
            continue
    return process


def _rss_bytes(process: psutil.Process) -> int:
    memory = _figure(process.memory_info, None)
    return 0 if memory is None else memory.rss


def _is_zombie(process: psutil.Process) -> bool:
    return _figure(process.status, "") == psutil.STATUS_ZOMBIE


def _written_bytes(process: psutil.Process) -> int:
    # macOS has no such counters, and psutil no such method there.
    read = cast("Callable[[], Any] | None", getattr(process, "io_counters", None))
    counters = None if read is None else _figure(read, None)
    return 0 if counters is None else counters.write_bytes
