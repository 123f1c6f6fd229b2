"""The data folder, and the lock by which one host at a time holds it.

Owns the folder's creation, its ownership checks and the lock file. What lies in the folder belongs to the
files beside this one. Called once by whoever builds a host, before anything else touches the folder.
"""

import contextlib
import logging
import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from host.errors import AlreadyRunning, SettingsError, UnsupportedPlatform

_log = logging.getLogger(__name__)

LOCK_NAME = "lock"
_PID_COLUMN = 4
_INODE_COLUMN = 5
"""Of a line of /proc/locks: number, kind, mode, access, pid, device and inode."""
_PID_BYTES = 20
"""Digits of the largest 64-bit number; more than that is no pid."""


class DataFolder:
    """A data folder that this host holds until it is closed."""

    __slots__ = ("_lock", "ephemeral", "path")

    def __init__(self, path: Path, lock_descriptor: int, *, ephemeral: bool) -> None:
        self.path = path
        self.ephemeral = ephemeral
        """Whether the folder goes away with the host."""
        self._lock: int | None = lock_descriptor

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the folder go; an ephemeral one is removed. May be called twice."""
        if self._lock is None:
            return
        descriptor, self._lock = self._lock, None
        try:
            if self.ephemeral:
                shutil.rmtree(self.path, ignore_errors=True)
                if self.path.exists():
                    _log.warning(
                        "the temporary data folder could not be removed",
                        extra={"fields": {"path": str(self.path)}},
                    )
            else:
                # The file stays: removing it would let two hosts lock two files of the same name.
                os.ftruncate(descriptor, 0)
        finally:
            os.close(descriptor)


def open_data_folder(path: Path | None) -> DataFolder:
    """Create the folder where it is missing, and lock it; None stands for a temporary one.

    Raises:
        AlreadyRunning: Another host holds it; the error names that host's pid.
        SettingsError: It is not a folder of this user's own, or can't be used.
        UnsupportedPlatform: There is no `flock` here.
    """
    lock = _flock()
    ephemeral = path is None
    folder = Path(tempfile.mkdtemp(prefix="plughost-")) if path is None else path.absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = _lock_in(folder, lock)
    except BaseException as exc:
        if ephemeral:
            shutil.rmtree(folder, ignore_errors=True)
        if isinstance(exc, OSError):
            raise _unusable(folder, exc.strerror or str(exc)) from exc
        raise
    return DataFolder(folder, descriptor, ephemeral=ephemeral)


def is_held(path: Path) -> bool:
    """Tell whether a host holds the folder, without touching its lock."""
    lock = path / LOCK_NAME
    try:
        text, inode = lock.read_bytes()[:_PID_BYTES], lock.stat().st_ino
    except OSError:
        return False
    try:
        # The kernel's own list; the pid that a host wrote may have passed on to somebody else.
        locks = Path("/proc/locks").read_text(encoding="ascii")
    except OSError:
        try:
            os.kill(int(text), 0)
        except (ValueError, ProcessLookupError):
            return False
        except PermissionError:
            return True
        return True
    pid = text.strip().decode(errors="replace")
    rows = [parts for parts in map(str.split, locks.splitlines()) if len(parts) > _INODE_COLUMN]
    # By either: a layered file system shows another inode there, another pid namespace another pid.
    return any(
        parts[1] == "FLOCK"
        and (parts[_PID_COLUMN] == pid or parts[_INODE_COLUMN].rpartition(":")[2] == str(inode))
        for parts in rows
    )


def _lock_in(folder: Path, lock: Callable[[int], None]) -> int:
    """Check the folder, take its lock and return the lock's descriptor, which no child inherits."""
    if folder.is_symlink():
        raise _unusable(folder, "it is a symbolic link")
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        facts = os.fstat(opened)
        if facts.st_uid != os.geteuid():
            raise _unusable(folder, f"it belongs to user {facts.st_uid}, this is user {os.geteuid()}")
        if facts.st_mode & stat.S_IWOTH:
            raise _unusable(folder, "everybody may write to it")
        # Relative to the folder that was checked, which the name may not lead to any more.
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(LOCK_NAME, flags, 0o600, dir_fd=opened)
    finally:
        os.close(opened)
    try:
        _take(descriptor, folder, lock)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _take(descriptor: int, folder: Path, lock: Callable[[int], None]) -> None:
    try:
        lock(descriptor)
    except BlockingIOError:
        pid = _holder(descriptor)
        holder = "another host" if pid is None else f"the host with pid {pid}"
        raise AlreadyRunning(
            f"{holder} holds the data folder {folder}", pid=pid, folder=str(folder)
        ) from None
    # The kernel dropped the lock of a host that died; its pid in the file is simply overwritten.
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)


def _flock() -> Callable[[int], None]:
    """Return what locks a descriptor or raises BlockingIOError; asked for before anything is created."""
    try:
        import fcntl
    except ImportError as exc:
        raise UnsupportedPlatform("this operating system has no file locks of the POSIX kind") from exc
    return lambda descriptor: fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _holder(descriptor: int) -> int | None:
    """Return the pid that the holder wrote; None in the moment before it did."""
    with contextlib.suppress(ValueError):
        return int(os.pread(descriptor, _PID_BYTES, 0))
    return None


def _unusable(folder: Path, why: str) -> SettingsError:
    return SettingsError(
        f"the data folder {folder} can't be used: {why}",
        remedy="name a folder of your own with PLUGHOST_DATA, or `data` in plughost.toml",
        folder=str(folder),
    )
