"""Backup: a consistent copy of the data folder while the host runs, and putting one back.

Databases are copied by SQLite itself, everything else as it lies there: those files are replaced as a whole
whenever they change. Plugins' caches, the shelf, sockets and locks are left out. What plugins keep in files
is hostile: none of it can have a backup fail, or wait.
"""

import contextlib
import gzip
import io
import os
import shutil
import sqlite3
import stat
import tarfile
import tempfile
import zlib
from pathlib import Path
from typing import Final

from host.errors import InvalidParams, SettingsError
from host.facade.pages import BackupPage
from host.state.lock import LOCK_NAME, open_data_folder

MARK: Final = "plughost-backup"
"""First member of a backup, by which one is told from any other archive."""

LEFT_OUT: Final = frozenset({LOCK_NAME, "sdk", "run", "control.sock", "control.socket"})
"""Names in the data folder that speak of this run of the host, or can be made anew."""

IN_MEMORY_BYTES: Final = 8 * 1024 * 1024
PARTIAL: Final = ".partial"
"""End of a backup's name while it is being written."""


def write_backup(folder: str, path: str) -> BackupPage:
    """Write a new archive; called in a worker thread. Under its name it is whole, or not there.

    Raises:
        InvalidParams: The path can't be written, is there already, or is no absolute one.
    """
    target = Path(path)
    if not target.is_absolute() or "\0" in path:
        raise InvalidParams(f"path: found {path[:200]!r}; allowed: an absolute path of the host's machine")
    partial = target.with_name(target.name + PARTIAL)
    try:
        if os.path.lexists(target):
            raise FileExistsError(0, "there is something of this name")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as exc:
        raise InvalidParams(
            f"path: {target} can't be written: {exc.strerror}",
            remedy=f"name a new file; a {PARTIAL} file beside it is of a backup that was cut off",
        ) from exc
    try:
        with os.fdopen(descriptor, "wb") as file:
            count = _write(Path(folder), file)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        # A link, because a rename would replace what came in the meantime.
        os.link(partial, target)
    except (OSError, sqlite3.Error) as exc:
        raise InvalidParams(f"the backup could not be written: {exc}") from exc
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()
    return BackupPage(path=str(target), bytes=size, files=count)


def restore_backup(archive: Path, folder: Path) -> int:
    """Unpack a backup into a data folder that is empty, or not there yet; return the number of files.

    Raises:
        AlreadyRunning: A host holds the folder.
        SettingsError: It is not empty, or the archive is none of ours, or damaged; nothing is left then.
    """
    with open_data_folder(folder):
        if any(entry.name != LOCK_NAME for entry in folder.iterdir()):
            raise SettingsError(
                f"{folder} is not empty", remedy="move it away, or restore into a new folder with --data"
            )
        try:
            return _unpack(archive, folder)
        except BaseException as exc:
            _empty(folder)
            if isinstance(exc, OSError | tarfile.TarError | EOFError | zlib.error):
                raise SettingsError(f"{archive} can't be unpacked: {exc}") from exc
            raise


def _unpack(archive: Path, folder: Path) -> int:
    count = 0
    with gzip.open(archive, "rb") as whole:
        with tarfile.open(fileobj=whole, mode="r:") as tar:
            first = tar.next()
            if first is None or first.name != MARK:
                raise SettingsError(f"{archive} is no backup of a host")
            for member in tar:
                if member is first:
                    continue
                if not (member.isfile() or member.isdir()) or Path(member.name).parts[:1] == (LOCK_NAME,):
                    raise SettingsError(f"{archive} is no backup of a host: it has {member.name[:200]!r}")
                tar.extract(member, folder, filter=_private)
                count += member.isfile()
        # The checksum is at the very end, behind what the archive itself needs.
        while whole.read(1 << 20):
            pass
    return count


def _private(member: tarfile.TarInfo, place: str) -> tarfile.TarInfo:
    """Have what is written be inside of the folder and its owner's alone: configurations hold secrets."""
    member = tarfile.data_filter(member, place)
    owners = (member.mode or 0) & stat.S_IXUSR | stat.S_IRUSR | stat.S_IWUSR
    return member.replace(mode=stat.S_IRWXU if member.isdir() else owners, deep=False)


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.name == LOCK_NAME:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)


def _write(folder: Path, file: io.BufferedWriter) -> int:
    count = 0
    own = os.fstat(file.fileno())
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo(MARK))
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            try:
                found = path.lstat()
                if inside.parts[0] in LEFT_OUT or os.path.samestat(found, own):
                    continue
                if stat.S_ISDIR(found.st_mode):
                    tar.add(path, str(inside), recursive=False)
                elif stat.S_ISREG(found.st_mode) and not path.name.endswith((".db-wal", ".db-shm")):
                    _add(tar, path, inside)
                    count += 1
            except FileNotFoundError:
                continue  # it was replaced or rotated this moment
            except PermissionError:
                if len(inside.parts) == 1:
                    raise
    return count


def _add(tar: tarfile.TarFile, path: Path, inside: Path) -> None:
    if path.suffix == ".db":
        try:
            _add_database(tar, path, str(inside))
            return
        except sqlite3.Error:
            # Opening the host's own as a file would also let go of the locks that this process has on it.
            if len(inside.parts) == 1:
                raise
    _add_file(tar, path, str(inside))


def _add_file(tar: tarfile.TarFile, path: Path, name: str) -> None:
    """Add what a file holds now: one that shrinks or becomes a pipe meanwhile must not break the archive."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as source:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise FileNotFoundError(path)
        with tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES) as copy:
            left = found.st_size
            while left and (block := source.read(min(left, 1 << 20))):
                copy.write(block)
                left -= len(block)
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.mtime = copy.tell(), stat.S_IMODE(found.st_mode), found.st_mtime
            copy.seek(0)
            tar.addfile(member, copy)


def _add_database(tar: tarfile.TarFile, path: Path, name: str) -> None:
    with tempfile.TemporaryDirectory(prefix="plughost-backup-") as scratch:
        copy = Path(scratch) / "copy.db"
        source = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            target = sqlite3.connect(copy)
            try:
                source.backup(target)
            finally:
                target.close()
        finally:
            source.close()
        member = tar.gettarinfo(copy, name)
        member.mode = stat.S_IRUSR | stat.S_IWUSR
        with copy.open("rb") as file:
            tar.addfile(member, file)
