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


def is_plugins(pid: int, roots: Collection[int]) -> bool:
    """Tell whether a process was started by a plugin, or is one: by its ancestors, or by its mark.

    `roots` are the pids of plugins, and of the warden, which adopts their orphans. Of a process that is gone,
    or may not be looked at, it says True.
    """
    try:
        process = psutil.Process(pid)
        lineage = {one.pid for one in (process, *process.parents())}
        return not lineage.isdisjoint(roots) or SESSION_MARK in process.environ()
    except (psutil.Error, OSError):
        return True
