"""Proc probe: whether this machine's process files can be read instead of asking psutil.

Owns the question only. It is put to this process's own files, so that a kernel, a container or a mount that
shows something else is found out, whatever the platform's name.
"""

import os
from pathlib import Path

import psutil

from host.watchdog.proc_reader import KEPT_SHARE, Abilities, ProcReader

PROC = "/proc"

UNBOUNDED_KEPT = 65_536
"""Kept descriptors where the host may open as many as it likes."""

SAME_START_S = 0.02
"""Two start times that differ by less are one process's."""


def probe(folder: str = PROC) -> ProcReader | None:
    """Return a reader if it reads this process as psutil does; None if the files are not there or differ."""
    pid = os.getpid()
    try:
        if Path(folder, "self").readlink() != Path(str(pid)):
            return None  # it shows another pid namespace
        abilities = Abilities(
            folder,
            ticks_per_s=os.sysconf("SC_CLK_TCK"),
            page_bytes=os.sysconf("SC_PAGE_SIZE"),
            counts_descriptors=Path(folder, str(pid), "fd").stat().st_size > 0,
        )
        reader = ProcReader(abilities, _most_kept())
        process = reader.open(pid, os.getppid())
        if process is None:
            return None
        try:
            same_start = abs(process.key.started - psutil.Process().create_time()) < SAME_START_S
            readable = process.refresh() and bool(
                process.threads and process.rss_bytes and process.pss_bytes()
            )
            return reader if same_start and readable and process.descriptors else None
        finally:
            process.close()
    except (OSError, ValueError, IndexError, psutil.Error):
        return None


def _most_kept() -> int:
    import resource  # not on every platform that gets here

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return UNBOUNDED_KEPT if soft == resource.RLIM_INFINITY else soft // KEPT_SHARE
