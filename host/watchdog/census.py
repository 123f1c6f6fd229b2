"""Census: who of all the machine's processes may belong to a plugin, without reading every one each time.

Owns what is known of processes that nobody has open. Does not open any, and judges by parentage alone.

One listing of the process folder shows numbers, and for each an inode number that the kernel gives anew to
every process (and now and then to an old one, which then is read again). A process is read when it is listed
for the first time under its inode number, and from then on in every census, until it is *foreign*: its
parents lead up to the first process without passing a source or an open process. A foreign one stays foreign
as long as it lives, because parents change only when they end, and then to one of their own ancestors or to
the first process. It is read again, with all below it, when its number or a number above it is listed under
another inode number or no more, when it becomes a source itself, and every `RECHECK_EVERY` censuses, should a
kernel not keep to this. Who could not be read, or whose parents could not, is read again each time.
"""

import os
from collections import defaultdict
from collections.abc import Mapping, Set

from host.watchdog.proc_stat import Stat, parse, read_file

RECHECK_EVERY = 60
"""Censuses after which everybody is read anew."""

FIRST_PID = 1
"""Inherits what nobody else does; 0 stands for parents outside of the pid namespace."""


class Census:
    """Parents of all processes that are not known to be foreign."""

    def __init__(self, folder: str, open_processes: Mapping[int, int]) -> None:
        """`open_processes`: the pids and start ticks of those that are open, as they change."""
        self._folder = folder
        self._open = open_processes
        self._settled: dict[str, int] = {}
        """Inode numbers of those that need not be read, open or foreign, by name."""
        self._foreign: dict[int, int] = {}
        """Parents of the foreign ones."""
        self._censuses = 0

    def take(self, sources: Set[int]) -> Mapping[int, list[int]]:
        """Return pids by their parent's: all that are below a source or an open process, but for open ones.

        Raises:
            OSError: The process folder can't be listed.
        """
        self._censuses += 1
        if self._censuses % RECHECK_EVERY == 0:
            self._settled.clear()
            self._foreign.clear()
        listed = _listing(self._folder)
        replaced = self._settled.items() - listed.items()
        self._unsettle({int(name) for name, _ in replaced} | (sources & self._foreign.keys()))
        parents: dict[int, int] = {}
        for name, inode in listed.items() - self._settled.items():
            pid = int(name)
            stat = self._read(name)
            if stat is not None and self._open.get(pid) == stat.started_ticks:
                self._settled[name] = inode
            elif stat is not None:
                parents[pid] = stat.parent
        offspring: defaultdict[int, list[int]] = defaultdict(list)
        for pid, parent in parents.items():
            offspring[parent].append(pid)
        for pid in [pid for pid in parents if self._is_foreign(pid, parents, sources)]:
            self._foreign[pid] = parents[pid]
            self._settled[str(pid)] = listed[str(pid)]
        return offspring

    def closed(self, pid: int) -> None:
        """Look at this one again: nobody has it open any more."""
        self._settled.pop(str(pid), None)

    def _unsettle(self, pids: set[int]) -> None:
        """Forget what is known of these and of everybody below them."""
        while pids:
            for pid in pids:
                self._settled.pop(str(pid), None)
                self._foreign.pop(pid, None)
            pids = {pid for pid, parent in self._foreign.items() if parent in pids}

    def _is_foreign(self, pid: int, parents: Mapping[int, int], sources: Set[int]) -> bool:
        for _ in range(len(parents) + 1):  # numbers that pass on between two reads can make a ring
            if pid in sources or pid in self._open:
                return False
            if pid <= FIRST_PID or pid in self._foreign:
                return True
            if pid not in parents:
                return False
            pid = parents[pid]
        return False

    def _read(self, name: str) -> Stat | None:
        try:
            return parse(read_file(f"{self._folder}/{name}/stat"))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            return None


def _listing(folder: str) -> dict[str, int]:
    with os.scandir(folder) as entries:
        return {entry.name: entry.inode() for entry in entries if entry.name.isdigit()}
