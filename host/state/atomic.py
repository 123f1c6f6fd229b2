"""Small files that are whole or not there, whenever the power goes.

Owns how one file is replaced and read. Does not know what is in it, nor which thread it is called from:
with `durable`, `write_atomic` waits for the disk and belongs in a worker thread.
"""

import logging
import os
import secrets
from pathlib import Path
from typing import TypeVar

import msgspec

_log = logging.getLogger(__name__)
_T = TypeVar("_T")
_TEMPORARY = ".tmp-"


def write_atomic(path: Path, data: bytes, mode: int = 0o600, *, durable: bool = True) -> None:
    """Replace a file by `data`; whoever reads meanwhile gets the old text or the new one.

    `durable` also waits for the disk, so that it survives a loss of power; without it, it survives the
    death of every process. On an OSError before the replacement the old file is as it was.
    """
    replace_file(path, data, mode, durable=durable)
    if durable:
        sync_folder(path.parent)


def replace_file(path: Path, data: bytes, mode: int = 0o600, *, durable: bool) -> None:
    """Do as `write_atomic`, but leave the folder to the caller, who syncs it once for many files."""
    temporary = path.with_name(f".{path.name}{_TEMPORARY}{secrets.token_hex(6)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)  # the umask narrowed what open() was told
            file.write(data)
            file.flush()
            if durable:
                os.fsync(descriptor)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the folder's present names."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_json(path: Path, as_type: type[_T]) -> _T | None:
    """Return what a file holds, or None where it is missing or broken.

    A broken one is moved aside as `NAME.broken-N`, so that a person can look at it, and a warning says so.
    Raises OSError where the file is there and can't be read.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return msgspec.json.decode(data, type=as_type)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        aside = _free_name(path)
        path.replace(aside)
        _log.warning(
            "a state file is broken and was moved aside",
            extra={"fields": {"file": str(path), "moved_to": aside.name, "fault": str(exc)}},
        )
        return None


def remove_leftovers(folder: Path) -> None:
    """Remove what a host that was killed while writing left; only the holder of the data folder may."""
    for leftover in folder.glob(f".*{_TEMPORARY}*"):
        leftover.unlink(missing_ok=True)


def _free_name(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.name}.broken-{number}")).exists():
        number += 1
    return aside
