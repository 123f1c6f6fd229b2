"""Proc reader: reads processes from the kernel's process files, for a sixth of what psutil costs.

Owns the kept descriptors and their bound. Chosen by what `probe` finds in this process's own files, never by
the name of the platform; where they are not there or say something else than psutil, the host uses the psutil
reader, which is the reference.

What is read when, of each process that is open:

- every sweep: its stat line (parent, CPU times, threads, whether it ended) and the count of its descriptors;
- in a sweep that finds the stat line changed, and else every `QUIET_SWEEPS`: resident memory to the page, and
  bytes written. A process that ran for less than a clock tick (10 ms) may leave its CPU times as they were;
  so bytes written, by which nothing is judged, may be `QUIET_SWEEPS` sweeps old. Memory does not grow behind
  an unchanged line: each fault that brings a page is counted in it, and what others do to a process (a shared
  address space, huge pages made of small ones) changes its rough figure of resident memory, which is off by
  at most 32 pages, or twice the number of CPUs, for each CPU and each of three kinds of pages.

So every figure that a limit is set on is as fresh as if everything were read in each sweep.
"""

import os
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Final

import psutil

from host.watchdog.census import Census
from host.watchdog.proc_stat import STAT_BYTES, Stat, parse, read_file
from host.watchdog.reader import OpenProcess
from host.watchdog.sample import ProcessKey

QUIET_SWEEPS = 8
"""Sweeps after which memory and written bytes of a process are read although nothing shows that it ran."""

KEPT_PER_PLUGIN: Final = 1
"""Descriptors that a plugin costs the watchdog, and one more for each process that it starts."""

KEPT_SHARE = 4
"""One of so many descriptors that the host may have is for kept stat files.

Processes beyond that have theirs opened in each sweep, which costs them 1 to 2 µs more.
"""

ROLLUP_BYTES = 4096
"""Enough for a whole `smaps_rollup`."""

GONE = (FileNotFoundError, ProcessLookupError)

DEAD = (b"Z", b"X")
"""States of a main thread that ended."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What the process files of this machine can do."""

    folder: str
    ticks_per_s: int
    page_bytes: int
    counts_descriptors: bool
    """The size of a descriptor folder is its count (Linux 6.2 on); else it is listed."""


class ProcReader:
    """Meets `Reader` through process files."""

    def __init__(self, abilities: Abilities, most_kept: int) -> None:
        """`most_kept`: descriptors that may be kept open."""
        self.abilities = abilities
        self._boot_s: float | None = None
        """As psutil has it, since the last survey."""
        self.most_kept = most_kept
        self._room = most_kept
        self._open: dict[int, int] = {}
        """Start ticks by pid."""
        self._census = Census(abilities.folder, self._open)

    def survey(self, sources: Set[int]) -> Mapping[int, Sequence[int]]:
        """Return the children of everybody who is not known to be a stranger, but for open processes."""
        self._boot_s = None  # it moves with the wall clock
        return self._census.take(sources)

    def open(self, pid: int, parent: int | None = None) -> "ProcProcess | None":
        """Open a process; see `Reader`."""
        try:
            descriptor = os.open(f"{self.abilities.folder}/{pid}/stat", os.O_RDONLY)
        except (*GONE, PermissionError):
            return None
        process: ProcProcess | None = None
        try:
            stat = parse(os.pread(descriptor, STAT_BYTES, 0))
            if parent in (None, stat.parent):
                process = self._opened(pid, stat, descriptor)
        except ProcessLookupError:
            pass
        finally:
            if process is None or process.kept is None:
                os.close(descriptor)
        return process

    def closed(self, process: "ProcProcess") -> None:
        """Take note that a process is no longer open."""
        pid = process.key.pid
        if process.kept is not None:
            os.close(process.kept)
            self._room += 1
        if self._open.get(pid) == process.started_ticks:
            del self._open[pid]
        self._census.closed(pid)

    def _opened(self, pid: int, stat: Stat, descriptor: int) -> "ProcProcess":
        if self._boot_s is None:
            self._boot_s = psutil.boot_time()
        # Made as psutil makes it, because others compare the two.
        started_s = stat.started_ticks / self.abilities.ticks_per_s + self._boot_s
        kept = descriptor if self._room > 0 else None
        self._room -= kept is not None
        self._open[pid] = stat.started_ticks
        return ProcProcess(ProcessKey(pid, started_s), stat.parent, self, stat.started_ticks, kept)


@dataclass(slots=True)
class ProcProcess(OpenProcess):
    """One process, through its files."""

    reader: ProcReader
    started_ticks: int
    kept: int | None
    """Its stat file. Reading it fails once the process is gone, whoever has its number then."""
    _line: bytes = field(default=b"", init=False)
    _sweeps: int = field(init=False)
    """Begins with the pid, so that not all that are opened at once are due at once."""
    _headless: bool = field(default=False, init=False)
    """Its main thread ended before the others."""
    _folder: str = field(init=False)
    """Where its memory and descriptors show."""

    def __post_init__(self) -> None:
        self._folder = self._own_folder()
        self._sweeps = self.key.pid

    def refresh(self) -> bool:
        """Read the figures; see `OpenProcess`."""
        try:
            line = self._read_line()
            changed = line != self._line
            if changed:
                self._take(line)
        except GONE:
            return False
        self._sweeps += 1
        try:
            if changed or self._headless:
                self._folder = self._find_folder()
            self._count_descriptors()
            if changed or self._headless or self._sweeps % QUIET_SWEEPS == 0:
                self._read_rest()
            self._line = line
        except GONE:
            return self._is_there()  # a thread may be gone where the process is not
        except OSError:
            pass  # the host is out of descriptors; the next sweep tries again
        return True

    def pss_bytes(self) -> int | None:
        """Read its PSS; see `OpenProcess`."""
        try:
            text = read_file(self._folder + "/smaps_rollup", ROLLUP_BYTES)
            self._read_line()  # so that it was its own
        except PermissionError:
            return None
        except GONE:
            if not self._is_there():
                raise ProcessLookupError(f"process {self.key.pid} is gone") from None
            return 0 if self.ended else None
        return int(text[text.index(b"\nPss:") + 5 :].split(None, 1)[0]) * 1024

    def close(self) -> None:
        """Let go of it; see `OpenProcess`."""
        self.reader.closed(self)

    def _own_folder(self) -> str:
        return f"{self.reader.abilities.folder}/{self.key.pid}"

    def _find_folder(self) -> str:
        """Return its own folder, or the one of a thread that still has the memory and the descriptors."""
        own = self._own_folder()
        for thread in os.listdir(own + "/task") if self._headless else ():  # noqa: PTH208 - a Path costs more
            folder = f"{own}/task/{thread}"
            try:
                if not read_file(folder + "/statm").startswith(b"0 "):
                    return folder
            except GONE:
                continue
        return own

    def _is_there(self) -> bool:
        try:
            self._take(self._read_line())
        except GONE:
            return False
        return True

    def _read_line(self) -> bytes:
        if self.kept is not None:
            return os.pread(self.kept, STAT_BYTES, 0)
        try:
            return read_file(self._own_folder() + "/stat")
        except PermissionError:
            raise ProcessLookupError("it is out of sight") from None

    def _take(self, line: bytes) -> None:
        stat = parse(line)
        if stat.started_ticks != self.started_ticks:
            raise ProcessLookupError("its number was passed on")
        per_s = self.reader.abilities.ticks_per_s
        self.parent, self.threads = stat.parent, stat.threads
        self.own_cpu_s, self.reaped_cpu_s = stat.own_ticks / per_s, stat.reaped_ticks / per_s
        dead = stat.state in DEAD
        self._headless, self.ended = dead and stat.threads > 1, dead and stat.threads <= 1

    def _read_rest(self) -> None:
        try:
            pages = read_file(self._folder + "/statm").split(None, 2)[1]
            self.rss_bytes = int(pages) * self.reader.abilities.page_bytes
            counters = read_file(self._own_folder() + "/io")
            self.written_bytes = int(counters[counters.index(b"\nwrite_bytes:") + 13 :].split(None, 1)[0])
        except PermissionError:
            pass

    def _count_descriptors(self) -> None:
        folder = self._folder + "/fd"
        try:
            if self.ended:
                self.descriptors = 0
            elif self.reader.abilities.counts_descriptors:
                self.descriptors = os.stat(folder).st_size  # noqa: PTH116 - a Path costs more
            else:
                self.descriptors = len(os.listdir(folder))  # noqa: PTH208
        except PermissionError:
            pass
