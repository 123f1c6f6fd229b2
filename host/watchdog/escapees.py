"""Escapees: processes that left their plugin's tree before a sweep saw them there.

A process that forks twice in a moment is nobody's child by the next sweep: whoever inherits orphans has it.
Its session's mark in the environment tells whose it is, so that daemonising does not escape the limits.
"""

from collections import defaultdict
from collections.abc import Container, Iterable

import psutil

from protocol.launch import SESSION_MARK


class Escapees:
    """Orphans of one host's plugins, by session."""

    def __init__(self) -> None:
        self._marks: dict[int, str] = {}

    def by_session(self, sessions: Container[str], orphans: Iterable[int]) -> dict[str, list[int]]:
        """Return the pids of each session's escapees.

        `orphans` are the children of whoever inherits orphans, but for the roots of known trees.
        """
        self._marks = {pid: self._marks[pid] if pid in self._marks else _mark(pid) for pid in orphans}
        found: defaultdict[str, list[int]] = defaultdict(list)
        for pid, mark in self._marks.items():
            if mark in sessions:
                found[mark].append(pid)
        return found


def _mark(pid: int) -> str:
    try:
        return psutil.Process(pid).environ().get(SESSION_MARK, "")
    except (psutil.Error, OSError):
        return ""
