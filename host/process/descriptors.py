"""Descriptors: how many this process may still open, so that a host says beforehand what will not fit."""

import resource

import psutil

PER_PLUGIN = 3
"""Pipes of one running plugin: its stdin, stdout and stderr."""

RESERVE = 64
"""For all else that a host and its embedding program open while plugins are loaded: the other ends and the
specification of those that are starting, state files, the watchdog's listing of processes."""


def limit() -> int | None:
    """Return how many descriptors this process may have open; None if there is no bound."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def free() -> int | None:
    """Return how many more this process may open, None if there is no bound; looks at each open one."""
    bound = limit()
    return None if bound is None else max(0, bound - psutil.Process().num_fds())


def raise_limit() -> None:
    """Raise the bound to what the system allows. For programs: a library leaves it to whom it serves."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError):
            pass  # macOS refuses an infinite one; the bound stays as it was
