"""Sample: the figures of one process tree at one moment.

Owns the values only: the sampler makes them, the limits judge them, views show them. Needs no psutil.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProcessKey:
    """A process that can't be mistaken for a later one of the same number."""

    pid: int
    started: float
    """psutil's create time as it was first read, seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What one process tree used."""

    at_s: float
    """Monotonic time of the reading."""
    rss_bytes: int
    """Sum over the tree; a page that processes share is counted for each of them."""
    pss_bytes: int | None
    """Sum over the tree, shared pages counted once, so never more than RSS.

    None where it is unreadable or was not read yet.
    """
    pss_age_s: float | None
    cpu_cores: float | None
    """CPU seconds per second since the sweep before, reaped children included.

    None in a tree's first sweep.
    """
    threads: int
    descriptors: int
    children: int
    """Processes beside the root; those that ended and were not reaped count."""
    written_bytes: int
    """Bytes handed to block devices so far; never falls. 0 where the platform does not say."""
    tree: tuple[ProcessKey, ...]
    """The root first."""
