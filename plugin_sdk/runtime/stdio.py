"""The wire of this process: claimed at start, so that nothing else can write on it.

Descriptors 0 and 1 are moved to private ones; then 0 reads nothing and 1 is stderr. A `print`, a C
library's output and a child's output all end in the log.
"""

import fcntl
import os
import resource
import sys

_PRIVATE_FROM = 64


def claim() -> tuple[int, int]:
    """Move the wire away from 0 and 1; return its reading and its writing descriptor."""
    # High numbers, out of the way of code that closes whatever it finds; but the limit may be low.
    lowest = min(_PRIVATE_FROM, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)
    read_fd = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, lowest)
    write_fd = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, lowest)
    null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    # Line by line, or what was printed before a crash would be lost.
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(line_buffering=True, errors="backslashreplace")
    return read_fd, write_fd


def at_terminal() -> bool:
    """Tell whether a person started this process by hand."""
    return os.isatty(0) or os.isatty(1)
