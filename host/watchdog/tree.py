"""Tree: the processes of one session, and their sums.

Owns who belongs to it and the CPU time that was counted so far. Does not find processes (the reader's survey
and the escapees are handed in) and does not know how they are read.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from host.watchdog.reader import OpenProcess
from host.watchdog.sample import ProcessKey, Sample

Open = Callable[[int, int | None], OpenProcess | None]
"""Opens a process by pid and expected parent; see `Reader.open`."""

Offspring = Mapping[int, Sequence[int]]
"""Pids by their parent's."""

Escapee = tuple[int, int | None]
"""Its pid and its parent's."""


@dataclass(slots=True)
class _Member:
    """One process, and its CPU counters as they were counted last."""

    process: OpenProcess
    own_cpu_s: float = 0.0
    reaped_cpu_s: float = 0.0

    def cpu_growth(self) -> tuple[float, float]:
        """Return the growth, in seconds, of its own time and of its reaped children's; all of it at first."""
        own_s, reaped_s = self.process.own_cpu_s, self.process.reaped_cpu_s
        growth = own_s - self.own_cpu_s, reaped_s - self.reaped_cpu_s
        self.own_cpu_s, self.reaped_cpu_s = own_s, reaped_s
        # Counters that went back are another process's.
        return growth if min(growth) >= 0.0 else (own_s, reaped_s)


@dataclass(slots=True)
class Tree:
    """The processes of one session. An orphan stays in the tree in which it was seen."""

    root: OpenProcess
    rss_bytes: int = field(default=0, init=False)
    pss_at_s: float = field(default=-math.inf, init=False)
    """When the PSS was read last."""
    _members: dict[int, _Member] = field(init=False)
    """By pid, the root first."""
    _keys: tuple[ProcessKey, ...] = field(default=(), init=False)
    """Of all members; empty after these changed."""
    _read_at_s: float | None = field(default=None, init=False)
    _cpu_cores: float | None = field(default=None, init=False)
    _threads: int = field(default=0, init=False)
    _descriptors: int = field(default=0, init=False)
    _written_bytes: int = field(default=0, init=False)
    _pss_bytes: int | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._members = {self.root.key.pid: _Member(self.root)}

    def read(self, now_s: float, offspring: Offspring, escapees: Sequence[Escapee], open_: Open) -> bool:
        """Read all members' figures, drop those that ended, take up new ones; False once the root has ended.

        A member that ends after it was read is dropped by the next call.
        """
        ended_cpu_s = self._refresh()
        if self.root.key.pid not in self._members or self.root.ended:
            return False
        self._grow(offspring, escapees, open_)
        self._add_up(now_s, ended_cpu_s)
        return True

    def read_pss(self, now_s: float) -> None:
        """Read every member's PSS; one that can't be read leaves the tree without."""
        self.pss_at_s = now_s
        total_bytes = 0
        for member in self._members.values():
            try:
                pss_bytes = member.process.pss_bytes()
            except ProcessLookupError:
                continue
            if pss_bytes is None:
                self._pss_bytes = None
                return
            total_bytes += pss_bytes
        self._pss_bytes = total_bytes

    def sample(self, now_s: float) -> Sample:
        """Put the sums together with the last known PSS."""
        if not self._keys:
            self._keys = tuple(member.process.key for member in self._members.values())
        return Sample(
            at_s=now_s if self._read_at_s is None else self._read_at_s,
            rss_bytes=self.rss_bytes,
            pss_bytes=self._pss_bytes,
            pss_age_s=None if self._pss_bytes is None else now_s - self.pss_at_s,
            cpu_cores=self._cpu_cores,
            threads=self._threads,
            descriptors=self._descriptors,
            children=len(self._members) - 1,
            written_bytes=self._written_bytes,
            tree=self._keys,
        )

    def close(self) -> None:
        """Let go of all processes."""
        for member in self._members.values():
            member.process.close()
        self._members = {}

    def _refresh(self) -> float:
        """Read all members; return the CPU time of those that ended and were reaped within the tree."""
        ended = [member for member in self._members.values() if not member.process.refresh()]
        if not ended:
            return 0.0
        inherited = [member for member in ended if member.process.parent in self._members]
        for member in ended:
            member.process.close()
            del self._members[member.process.key.pid]
        self._keys = ()
        return sum(member.own_cpu_s + member.reaped_cpu_s for member in inherited)

    def _grow(self, offspring: Offspring, escapees: Sequence[Escapee], open_: Open) -> None:
        """Take up everybody below a member, and escapees."""
        for pid, adopter in escapees:
            self._take_up(open_, pid, adopter)
        # Orphans are no longer below the root, so every member is a place to start from.
        waiting = list(self._members) if offspring else []
        while waiting:
            parent = waiting.pop()
            for pid in offspring.get(parent, ()):
                if self._take_up(open_, pid, parent):
                    waiting.append(pid)

    def _take_up(self, open_: Open, pid: int, parent: int | None) -> bool:
        if pid in self._members or (process := open_(pid, parent)) is None:
            return False
        if not process.refresh():
            process.close()
            return False
        self._members[pid] = _Member(process)
        self._keys = ()
        return True

    def _add_up(self, now_s: float, ended_cpu_s: float) -> None:
        ran_s = reaped_s = 0.0
        rss_bytes = threads = descriptors = written_bytes = 0
        for member in self._members.values():
            process = member.process
            rss_bytes += process.rss_bytes
            threads += process.threads
            descriptors += process.descriptors
            written_bytes += process.written_bytes
            growth = member.cpu_growth()
            ran_s += growth[0]
            reaped_s += growth[1]
        self.rss_bytes, self._threads, self._descriptors = rss_bytes, threads, descriptors
        # What an ended member wrote may be missing from the sum.
        self._written_bytes = max(self._written_bytes, written_bytes)
        # A reaped child's whole time turns up in its parent's counters, with what was counted while it lived.
        # The floor is for parents that ignore SIGCHLD: for those the kernel adds nothing.
        ran_s += max(0.0, reaped_s - ended_cpu_s)
        if self._read_at_s is not None and now_s > self._read_at_s:
            self._cpu_cores = ran_s / (now_s - self._read_at_s)
        self._read_at_s = now_s
