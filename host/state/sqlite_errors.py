"""What errors of SQLite mean to whoever asked: which file, why, and what to do. The one place that maps them.

Called by `host.state.database` alone; jobs see SQLite's own errors.
"""

import contextlib
import sqlite3
from collections.abc import Generator
from pathlib import Path
from typing import Final

from host.errors import DatabaseFault, DiskFull, PlughostError

_WRITING: Final = frozenset(
    {
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_IOERR_FSYNC,
        sqlite3.SQLITE_IOERR_DIR_FSYNC,
        sqlite3.SQLITE_IOERR_TRUNCATE,
        sqlite3.SQLITE_IOERR_SHMSIZE,
        sqlite3.SQLITE_IOERR_SHMOPEN,
    }
)
"""What a user's disk quota, a limit of the file's size, or a full disk under the shared index looks like."""


@contextlib.contextmanager
def told(path: Path) -> Generator[None]:
    """Turn errors of SQLite and of the operating system into the host's own."""
    try:
        yield
    except (sqlite3.Error, OSError) as exc:
        raise meaning(path, exc) from exc


def is_full(exc: BaseException) -> bool:
    """Whether there is no room for what was to be written."""
    code: int | None = getattr(exc, "sqlite_errorcode", None)
    return code == sqlite3.SQLITE_FULL or code in _WRITING or "disk is full" in str(exc)


def meaning(path: Path, exc: sqlite3.Error | OSError) -> PlughostError:
    """Return the host's error for one of SQLite."""
    code: int = getattr(exc, "sqlite_errorcode", None) or 0
    if is_full(exc):
        return DiskFull(f"{path.name} can't be written: {exc}", path=str(path))
    match code & 0xFF:
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            why = "is damaged"
            remedy = "put a backup, or one of the copies beside it, in its place while the host does not run"
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            why = "is held by another program"
            remedy = "end the program that has it open, such as a database browser"
        case sqlite3.SQLITE_IOERR:
            why = "can't be read or written"
            remedy = "look for faults of the disk in the system's log"
        case _:
            why = "can't be used"
            remedy = "see what the message says"
    return DatabaseFault(f"{path} {why}: {exc}", remedy=remedy, path=str(path))
