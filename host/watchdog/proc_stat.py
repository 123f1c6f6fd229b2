"""Stat line: the one line in which the kernel says most of what there is to know of a process.

Owns its form, and the reading of small process files. Format: proc_pid_stat(5); linear in nothing but the
number of threads, and takes no lock that the process could hold.
"""

import os
from typing import NamedTuple

STAT_BYTES = 1024
"""Enough for every field that is used; whole lines have 150 to 350."""

_MOST_FIELDS = 20


class Stat(NamedTuple):
    """What one line says."""

    state: bytes
    """`Z` once its main thread ended, whatever the others do."""
    parent: int
    own_ticks: int
    """CPU time of all its threads, the ended ones included."""
    reaped_ticks: int
    """The same of ended and reaped descendants."""
    threads: int
    started_ticks: int
    """Since boot."""


def parse(line: bytes) -> Stat:
    """Take a line apart.

    Raises:
        ValueError: It is none.
    """
    # The name in front may hold spaces and brackets.
    fields = line[line.rindex(b")") + 2 :].split(None, _MOST_FIELDS)
    if len(fields) < _MOST_FIELDS:
        raise ValueError(f"{line!r} is no stat line: {_MOST_FIELDS} fields are needed behind the name")
    return Stat(
        fields[0],
        int(fields[1]),
        int(fields[11]) + int(fields[12]),
        int(fields[13]) + int(fields[14]),
        int(fields[17]),
        int(fields[19]),
    )


def read_file(path: str, most_bytes: int = STAT_BYTES) -> bytes:
    """Read the beginning of a file, with one read.

    Raises:
        FileNotFoundError, ProcessLookupError: The process is gone.
        PermissionError: It may not be read.
        OSError: The host is out of descriptors.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, most_bytes)
    finally:
        os.close(descriptor)
