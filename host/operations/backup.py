"""Backup: a consistent copy of the data folder while the host runs, and putting one back.

Databases are copied by SQLite itself, everything else as it lies there: those files are replaced as a whole
whenever they change. Plugins' caches, the shelf, sockets and locks are left out.
"""

import contextlib
import io
import os
import sqlite3
import tarfile
import tempfile
from pathlib import Path
from typing import Final

from host.errors import InvalidParams, SettingsError
from host.facade.pages import BackupPage
from host.state.lock import LOCK_NAME

MARK: Final = "plughost-backup"
"""First member of a backup, by which one is told from any other archive."""

LEFT_OUT: Final = frozenset({LOCK_NAME, "sdk", "run", "control.sock", "control.socket"})
"""Names in the data folder that speak of this run of the host, or can be made anew."""


def write_backup(folder: str, path: str) -> BackupPage:
    """Write a new archive; called in a worker thread.

    Raises:
        InvalidParams: The path can't be written, is there already, or is no absolute one.
    """
    target = Path(path)
    if not target.is_absolute():
        raise InvalidParams(f"path: found {path[:200]!r}; allowed: an absolute path of the host's machine")
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as exc:
        raise InvalidParams(f"path: {target} can't be written: {exc.strerror}") from exc
    try:
        with os.fdopen(descriptor, "wb") as file:
            count = _write(Path(folder), file)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
    except BaseException as exc:
        with contextlib.suppress(OSError):
            target.unlink()
        if isinstance(exc, OSError | sqlite3.Error):
            raise InvalidParams(f"the backup could not be written: {exc}") from exc
        raise
    return BackupPage(path=str(target), bytes=size, files=count)


def restore_backup(archive: Path, folder: Path) -> int:
    """Unpack a backup into a data folder that is empty, or not there yet; return the number of files.

    Raises:
        SettingsError: The folder is in use, or the archive is none of ours, or damaged.
    """
    if folder.exists() and any(entry.name != LOCK_NAME for entry in folder.iterdir()):
        raise SettingsError(
            f"{folder} is not empty", remedy="move it away, or restore into a new folder with --data"
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    count = 0
    try:
        with tarfile.open(archive, "r:gz") as tar:
            first = tar.next()
            if first is None or first.name != MARK:
                raise SettingsError(f"{archive} is no backup of a host")
            for member in tar:
                tar.extract(member, folder, filter="data")
                count += member.isfile()
    except (OSError, tarfile.TarError, EOFError) as exc:
        raise SettingsError(f"{archive} can't be unpacked: {exc}") from exc
    return count


def _write(folder: Path, file: io.BufferedWriter) -> int:
    count = 0
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo(MARK))
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            if inside.parts[0] in LEFT_OUT or path.is_symlink() or not (path.is_file() or path.is_dir()):
                continue
            if path.suffix == ".db":
                _add_database(tar, path, str(inside))
            elif path.name.endswith((".db-wal", ".db-shm")):
                continue
            else:
                try:
                    tar.add(path, str(inside), recursive=False)
                except FileNotFoundError:
                    continue  # it was replaced or rotated this moment
            count += path.is_file()
    return count


def _add_database(tar: tarfile.TarFile, path: Path, name: str) -> None:
    with tempfile.TemporaryDirectory(prefix="plughost-backup-") as scratch:
        copy = Path(scratch) / "copy.db"
        source = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            target = sqlite3.connect(copy)
            try:
                source.backup(target)
            finally:
                target.close()
        finally:
            source.close()
        tar.add(copy, name, recursive=False)
