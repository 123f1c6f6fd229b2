"""Reader: the one way in which processes are looked at, whatever the platform shows of them.

Owns the interface only. `psutil_reader` meets it everywhere and is the reference; `proc_reader` meets it with
less work where the kernel's process files are there. The sampler and its trees know nothing else.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Protocol

from host.watchdog.sample import ProcessKey


@dataclass(slots=True)
class OpenProcess(ABC):
    """One process and its figures as last read, by one caller at a time.

    What may not be read stays at its last value, which is 0 at first.
    """

    key: ProcessKey
    parent: int
    """Changes when the parent ends."""
    own_cpu_s: float = field(default=0.0, init=False)
    reaped_cpu_s: float = field(default=0.0, init=False)
    """What its ended and reaped descendants had used."""
    rss_bytes: int = field(default=0, init=False)
    threads: int = field(default=0, init=False)
    descriptors: int = field(default=0, init=False)
    written_bytes: int = field(default=0, init=False)
    ended: bool = field(default=False, init=False)
    """It has no running thread left and awaits its parent."""

    @abstractmethod
    def refresh(self) -> bool:
        """Read the figures; False once its parent has waited for it, whoever has its number now."""

    @abstractmethod
    def pss_bytes(self) -> int | None:
        """Read its PSS; None where that can't be read.

        Raises:
            ProcessLookupError: It is gone.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of it; nothing else may be called afterwards."""


class Reader(Protocol):
    """Finds processes and opens them. One thread at a time."""

    def survey(self, sources: Set[int]) -> Mapping[int, Sequence[int]]:
        """Look at the whole machine; return pids by their parent's.

        Everybody below the `sources` and below open processes is in it, but open processes may be missing.
        """
        ...

    def open(self, pid: int, parent: int | None = None) -> OpenProcess | None:
        """Open a process; None if there is no such one, or if its parent is not the given one."""
        ...
