"""Proc probe: whether this machine's process files can be read instead of asking psutil.

Owns the question only. It is put to this process's own files, so that a kernel, a container or a mount that
shows something else is found out, whatever the platform's name.
"""

import os
from pathlib import Path

import psutil

from host.watchdog.proc_reader import KEPT_SHARE, Abilities, ProcReader

UNBOUNDED_KEPT = 65_536
"""Kept descriptors where the host may open as many as it likes."""

SAME_START_S = 0.02
"""Two start times that differ by less are one process's."""


def probe(folder: str | None = None) -> ProcReader | None:
    """Return a reader if it reads this process as psutil does; None if the files are not there or differ.

    `folder` is the one that psutil reads, where it has one.
    """
    folder = folder or getattr(psutil, "PROCFS_PATH", None)
    if folder is None:
        return None
    try:
        return _probed(folder)
    except (OSError, ValueError, IndexError, psutil.Error):
        return None


def _probed(folder: str) -> ProcReader | None:
    pid = os.getpid()
    if Path(folder, "self").readlink() != Path(str(pid)):
        return None  # it shows another pid namespace
    abilities = Abilities(
        folder,
        ticks_per_s=os.sysconf("SC_CLK_TCK"),
        page_bytes=os.sysconf("SC_PAGE_SIZE"),
        counts_descriptors=Path(folder, str(pid), "fd").stat().st_size > 0,
    )
    may_open = os.sysconf("SC_OPEN_MAX")
    reader = ProcReader(abilities, UNBOUNDED_KEPT if may_open < 0 else may_open // KEPT_SHARE)
    process = reader.open(pid, os.getppid())
    if process is None:
        return None
    try:
        same_start = abs(process.key.started - psutil.Process().create_time()) < SAME_START_S
        readable = process.refresh() and bool(process.threads and process.rss_bytes and process.pss_bytes())
        return reader if same_start and readable and process.descriptors else None
    finally:
        process.close()
