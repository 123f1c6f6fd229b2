"""Squeeze: lets a running process have next to no more of something than it has now, for a while.

Linux alone. For tests of what a plugin does when the kernel gives it no more; what bounds a plugin for good
is set before its code runs.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal


@contextmanager
def squeezed(pid: int, what: Literal["memory", "descriptors"], room: int) -> Generator[None]:
    """Leave a process `room` more bytes of memory, or descriptors, than it has.

    Raises:
        NotImplementedError: This system can't change the limits of another process.
    """
    import resource

    prlimit: Any = getattr(resource, "prlimit", None)
    if prlimit is None:
        raise NotImplementedError("the limits of another process can be changed on Linux alone")
    if what == "memory":
        number, soft = resource.RLIMIT_AS, _address_space_bytes(pid) + room
    else:
        number, soft = resource.RLIMIT_NOFILE, _descriptors(pid) + room
    before = prlimit(pid, number)
    prlimit(pid, number, (soft, before[1]))
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            prlimit(pid, number, before)


def _descriptors(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def _address_space_bytes(pid: int) -> int:
    pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[0]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
