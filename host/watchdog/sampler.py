"""Sampler: what each plugin's whole process tree uses.

Owns the trees of all sessions, and when PSS is read. Does not judge figures, does not wait between sweeps and
signals nobody. Called by the monitor, in a worker thread, one sweep at a time.
"""

import heapq
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from host.clock import Clock, SystemClock
from host.watchdog.escapees import Escapees
from host.watchdog.proc_probe import probe
from host.watchdog.psutil_reader import PsutilReader
from host.watchdog.reader import Reader
from host.watchdog.sample import Sample
from host.watchdog.tree import Tree

DISPLAY_PSS_READS = 4
"""Trees per sweep whose PSS is read although no verdict asks for it, the longest unread first.

One process costs 0.1 to 0.4 ms.
"""

DISPLAY_PSS_AGE_S = 0.5
"""Age below which a PSS is shown as it is: a tree near a limit is swept more often than people look."""


AT_ONCE = 50
"""Trees that are read without a pause: 0.5 ms. The interpreter's lock passes on too seldom between two short
system calls, so the event loop would come 2 ms late in a sweep of a thousand."""

PAUSE_S = 0.0001
"""Long enough for another thread to wake up and take the lock."""

Item = TypeVar("Item")


class Sampler:
    """Reads the process trees of all sessions in one sweep."""

    def __init__(
        self,
        clock: Clock | None = None,
        adopter: Callable[[], int | None] = lambda: None,
        reader: Reader | None = None,
    ) -> None:
        """`adopter()` is the process that inherits plugins' orphans, if there is one.

        `reader` is the fastest that works here, unless it is given.
        """
        self._clock: Clock = clock or SystemClock()
        self._adopter = adopter
        self._reader: Reader = reader or probe() or PsutilReader()
        self._trees: dict[str, Tree] = {}
        self._escapees = Escapees()

    def sweep(self, roots: Mapping[str, int], soft_memory: Mapping[str, int]) -> dict[str, Sample]:
        """Read the tree below each session's root process; a session whose root has ended is left out.

        `soft_memory` is the RSS in bytes, per session, above which PSS is read as well. Blocks for 5 to
        300 µs a process; never run two at once.
        """
        adopter = self._adopter()
        known = {tree.root.key.pid for tree in self._trees.values()}.union(roots.values())
        offspring = self._reader.survey(known if adopter is None else known | {adopter})
        orphans = () if adopter is None else [pid for pid in offspring.get(adopter, ()) if pid not in known]
        escapees = self._escapees.by_session(roots, orphans)
        read: dict[str, Tree] = {}
        for session, pid in _in_turns(roots.items()):
            tree = self._tree(session, pid)
            if tree is None:
                continue
            newcomers = [(escapee, adopter) for escapee in escapees.get(session, ())]
            if tree.read(self._clock.monotonic(), offspring, newcomers, self._reader.open):
                read[session] = tree
        self._read_pss(read, soft_memory)
        now_s = self._clock.monotonic()
        return {session: tree.sample(now_s) for session, tree in _in_turns(read.items())}

    def forget(self, session: str) -> None:
        """Let go of a session's processes; not while a sweep is running."""
        tree = self._trees.pop(session, None)
        if tree is not None:
            tree.close()

    def _tree(self, session: str, root: int) -> Tree | None:
        tree = self._trees.get(session)
        if tree is not None:
            if tree.root.key.pid == root:
                return tree
            self.forget(session)
        process = self._reader.open(root)
        if process is None:
            return None
        tree = self._trees[session] = Tree(process)
        return tree

    def _read_pss(self, read: Mapping[str, Tree], soft_memory: Mapping[str, int]) -> None:
        unread_since_s = self._clock.monotonic() - DISPLAY_PSS_AGE_S
        modest: list[Tree] = []
        for session, tree in read.items():
            if tree.rss_bytes > soft_memory[session]:
                tree.read_pss(self._clock.monotonic())
            elif tree.pss_at_s <= unread_since_s:
                modest.append(tree)
        for tree in heapq.nsmallest(DISPLAY_PSS_READS, modest, key=lambda tree: tree.pss_at_s):
            tree.read_pss(self._clock.monotonic())


def _in_turns(items: Iterable[Item]) -> Iterator[Item]:
    for number, item in enumerate(items):
        if number and not number % AT_ONCE:
            time.sleep(PAUSE_S)
        yield item
