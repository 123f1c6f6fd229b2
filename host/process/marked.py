"""Finds processes by the session's mark in their environment: however far they moved away, it stays."""

from collections.abc import Collection

import psutil

from protocol.launch import SESSION_MARK, Known


def find_marked(sessions: Collection[str]) -> list[Known]:
    """Return every process of this user that belongs to one of the sessions; looks at each process once."""
    found: list[Known] = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(SESSION_MARK) in sessions:
                found.append(Known(process.pid, process.create_time()))
        except (psutil.Error, OSError):
            continue
    return found
