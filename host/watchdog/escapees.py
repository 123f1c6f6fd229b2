"""Escapees: processes that left their plugin's tree before a sweep saw them there.

A process that forks twice in a moment is nobody's child by the next sweep: whoever inherits orphans has it.
Its session's mark in the environment tells whose it is, so that daemonising does not escape the limits.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import psutil

from protocol.launch import SESSION_MARK


class Escapees:
    """Orphans of one host's plugins, by session."""

    def __init__(self, adopter: Callable[[], int | None]) -> None:
        """`adopter()` is the pid of the process that inherits orphans; None where there is no such one."""
        self._adopter = adopter
        self._marks: dict[int, str] = {}

    def by_session(
        self, roots: Mapping[str, int], offspring: Mapping[int, Sequence[int]]
    ) -> dict[str, list[int]]:
        """Return the pids of each session's escapees."""
        adopter = self._adopter()
        found: defaultdict[str, list[int]] = defaultdict(list)
        if adopter is None:
            return found
        known = set(roots.values())
        marks: dict[int, str] = {}
        for pid in offspring.get(adopter, ()):
            if pid in known:
                continue
            marks[pid] = self._marks[pid] if pid in self._marks else _mark(pid)
            if marks[pid] in roots:
                found[marks[pid]].append(pid)
        self._marks = marks
        return found


def _mark(pid: int) -> str:
    try:
        return psutil.Process(pid).environ().get(SESSION_MARK, "")
    except (psutil.Error, OSError):
        return ""
