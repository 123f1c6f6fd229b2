"""Sampler: what each plugin's whole process tree uses, read through psutil.

Owns the kept process objects and the last counters. Does not judge figures, does not wait between sweeps and
signals nobody. Called by the monitor, in a worker thread, one sweep at a time.
"""

import heapq
import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import psutil

from host.clock import Clock, SystemClock
from host.watchdog.escapees import Escapees
from host.watchdog.sample import ProcessKey, Sample

__all__ = ["ProcessKey", "Sample", "Sampler", "parent_map"]

DISPLAY_PSS_READS = 4
"""Trees per sweep whose PSS is read although no verdict asks for it, the longest unread first.

One process costs 0.1 to 0.4 ms.
"""

Figure = TypeVar("Figure")
Default = TypeVar("Default")


class Sampler:
    """Reads the process trees of all sessions in one sweep."""

    def __init__(self, clock: Clock | None = None, adopter: Callable[[], int | None] = lambda: None) -> None:
        """`adopter()` is the process that inherits plugins' orphans, if there is one."""
        self._clock: Clock = clock or SystemClock()
        self._trees: dict[str, _Tree] = {}
        self._escapees = Escapees(adopter)

    def sweep(self, roots: Mapping[str, int], soft_memory: Mapping[str, int]) -> dict[str, Sample]:
        """Read the tree below each session's root process; a session whose root has ended is left out.

        `soft_memory` is the RSS in bytes, per session, above which PSS is read as well. Blocks for about
        0.2 ms a process; never run two at once.
        """
        parents = parent_map()
        offspring: defaultdict[int, list[int]] = defaultdict(list)
        for pid, parent in parents.items():
            offspring[parent].append(pid)
        escapees = self._escapees.by_session(roots, offspring)
        read: dict[str, tuple[_Tree, _Figures]] = {}
        for session, pid in roots.items():
            tree = self._tree(session, pid, parents)
            if tree is None or not tree.grow(parents, offspring, escapees.get(session, ())):
                continue
            figures = tree.read(self._clock.monotonic())
            if figures is not None:
                read[session] = tree, figures
        self._read_pss(read, soft_memory)
        now_s = self._clock.monotonic()
        return {session: tree.sample(figures, now_s) for session, (tree, figures) in read.items()}

    def forget(self, session: str) -> None:
        """Drop what is kept of a session; not while a sweep is running."""
        self._trees.pop(session, None)

    def _tree(self, session: str, root: int, parents: Mapping[int, int]) -> "_Tree | None":
        tree = self._trees.get(session)
        if tree is not None and tree.root.key.pid == root:
            return tree
        member = _opened(root, parents.get(root))
        if member is None:
            return None
        tree = self._trees[session] = _Tree(member)
        return tree

    def _read_pss(self, read: "Mapping[str, tuple[_Tree, _Figures]]", soft_memory: Mapping[str, int]) -> None:
        modest: list[_Tree] = []
        for session, (tree, figures) in read.items():
            if figures.rss_bytes > soft_memory[session]:
                tree.read_pss(self._clock.monotonic())
            else:
                modest.append(tree)
        for tree in heapq.nsmallest(DISPLAY_PSS_READS, modest, key=lambda tree: tree.pss_at_s):
            tree.read_pss(self._clock.monotonic())


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


@dataclass(slots=True)
class _Member:
    """One process of a tree and its CPU counters as last read."""

    process: psutil.Process
    key: ProcessKey
    parent: int
    own_cpu_s: float = 0.0
    reaped_cpu_s: float = 0.0
    """What its ended and reaped descendants had used."""
    doubtful: bool = False
    """Its counters went back, so its number may have passed to another process."""

    def survives(self, parents: Mapping[int, int]) -> bool:
        """Whether it is still there and still the same process."""
        # Asking psutil whether a number was passed on costs as much as two figures, and a new owner under the
        # same parent belongs to the tree anyway: it is asked where something looks odd.
        parent = parents.get(self.key.pid)
        if parent is None:
            return False
        if (parent != self.parent or self.doubtful) and not self.process.is_running():
            return False
        self.parent, self.doubtful = parent, False
        return True

    def cpu_growth(self) -> tuple[float, float]:
        """Return the growth, in seconds, of its own time and of its reaped children's; all of it at first."""
        times = _figure(self.process.cpu_times, None)
        if times is None:
            return 0.0, 0.0
        own_s, reaped_s = times.user + times.system, times.children_user + times.children_system
        growth = own_s - self.own_cpu_s, reaped_s - self.reaped_cpu_s
        self.own_cpu_s, self.reaped_cpu_s = own_s, reaped_s
        if min(growth) < 0.0:
            self.doubtful = True
            return own_s, reaped_s
        return growth


def _opened(pid: int, parent: int | None) -> _Member | None:
    """Open a process that the parent map shows, unless its number was passed on since."""
    try:
        process = psutil.Process(pid)
        if parent is None or process.ppid() != parent:
            return None
        return _Member(process, ProcessKey(pid, process.create_time()), parent)
    except psutil.Error:
        return None


@dataclass(slots=True)
class _Figures:
    """Sums over the processes of a tree."""

    at_s: float
    cpu_cores: float | None = None
    rss_bytes: int = 0
    threads: int = 0
    descriptors: int = 0


@dataclass(slots=True)
class _Tree:
    """The processes of one session. An orphan stays in the tree in which it was seen."""

    root: _Member
    members: dict[int, _Member] = field(init=False)
    """By number, the root first."""
    ended_cpu_s: float = 0.0
    """What members that ended since the last sweep, and were reaped within the tree, had been counted for."""
    read_at_s: float | None = None
    written_bytes: int = 0
    pss_bytes: int | None = None
    pss_at_s: float = -math.inf

    def __post_init__(self) -> None:
        self.members = {self.root.key.pid: self.root}

    def grow(
        self, parents: Mapping[int, int], offspring: Mapping[int, Sequence[int]], escapees: Sequence[int]
    ) -> bool:
        """Drop members that ended, take up new ones and escapees; False once the root is gone."""
        before = self.members
        self.members = {pid: member for pid, member in before.items() if member.survives(parents)}
        if self.root.key.pid not in self.members:
            return False
        ended = [member for pid, member in before.items() if pid not in self.members]
        self.ended_cpu_s = sum(gone.own_cpu_s + gone.reaped_cpu_s for gone in ended if gone.parent in before)
        for pid in escapees:
            if pid not in self.members and (member := _opened(pid, parents.get(pid))) is not None:
                self.members[pid] = member
        # Orphans are no longer below the root, so every member is a place to start from.
        waiting = list(self.members)
        while waiting:
            parent = waiting.pop()
            for pid in offspring.get(parent, ()):
                if pid not in self.members and (member := _opened(pid, parent)) is not None:
                    self.members[pid] = member
                    waiting.append(pid)
        return True

    def read(self, now_s: float) -> _Figures | None:
        """Sum up the members' figures; None where the root has ended.

        A member that ends meanwhile adds nothing and is dropped by the next sweep.
        """
        figures = _Figures(now_s)
        ran_s = reaped_s = 0.0
        written_bytes = 0
        for member in self.members.values():
            process = member.process
            try:
                rss_bytes = _rss_bytes(process)
                threads = _figure(process.num_threads, 0)
                # A main thread that ended before the others leaves a live process without visible memory.
                if member is self.root and not rss_bytes and threads <= 1 and _is_zombie(process):
                    return None
                figures.rss_bytes += rss_bytes
                figures.threads += threads
                figures.descriptors += _figure(process.num_fds, 0)
                written_bytes += _written_bytes(process)
                growth = member.cpu_growth()
            except psutil.NoSuchProcess:
                if member is self.root:
                    return None
                continue
            ran_s += growth[0]
            reaped_s += growth[1]
        # A reaped child's whole time turns up in its parent's counters, with what was counted while it lived.
        # The floor is for parents that ignore SIGCHLD: for those the kernel adds nothing.
        ran_s += max(0.0, reaped_s - self.ended_cpu_s)
        if self.read_at_s is not None and now_s > self.read_at_s:
            figures.cpu_cores = ran_s / (now_s - self.read_at_s)
        self.read_at_s = now_s
        # What an ended member wrote may be missing from the sum.
        self.written_bytes = max(self.written_bytes, written_bytes)
        return figures

    def read_pss(self, now_s: float) -> None:
        """Read every member's PSS; one that can't be read leaves the tree without."""
        self.pss_at_s = now_s
        total_bytes = 0
        for member in self.members.values():
            try:
                pss_bytes = _pss_bytes(member.process)
            except psutil.NoSuchProcess:
                continue
            if pss_bytes is None:
                self.pss_bytes = None
                return
            total_bytes += pss_bytes
        self.pss_bytes = total_bytes

    def sample(self, figures: _Figures, now_s: float) -> Sample:
        """Put the figures together with the last known PSS."""
        return Sample(
            at_s=figures.at_s,
            rss_bytes=figures.rss_bytes,
            pss_bytes=self.pss_bytes,
            pss_age_s=None if self.pss_bytes is None else now_s - self.pss_at_s,
            cpu_cores=figures.cpu_cores,
            threads=figures.threads,
            descriptors=figures.descriptors,
            children=len(self.members) - 1,
            written_bytes=self.written_bytes,
            tree=tuple(member.key for member in self.members.values()),
        )


def _figure(read: Callable[[], Figure], otherwise: Default) -> Figure | Default:
    """Read one figure; `otherwise` for what may not be seen, or has ended and awaits its parent."""
    try:
        return read()
    except (psutil.AccessDenied, psutil.ZombieProcess):
        return otherwise


def _is_zombie(process: psutil.Process) -> bool:
    return _figure(process.status, "") == psutil.STATUS_ZOMBIE


def _rss_bytes(process: psutil.Process) -> int:
    memory = _figure(process.memory_info, None)
    return 0 if memory is None else memory.rss


def _written_bytes(process: psutil.Process) -> int:
    # macOS has no such counters, and psutil no such method there.
    read = cast("Callable[[], Any] | None", getattr(process, "io_counters", None))
    counters = None if read is None else _figure(read, None)
    return 0 if counters is None else counters.write_bytes


def _pss_bytes(process: psutil.Process) -> int | None:
    # psutil 8 renames the method and warns about the old name. macOS knows no PSS.
    read = cast("Callable[[], Any] | None", getattr(process, "memory_footprint", None))
    try:
        return getattr(read() if read else process.memory_full_info(), "pss", None)
    except psutil.AccessDenied:
        return None
