"""Digest of a plugin folder: changes when anything does that the plugin could run or read.

It ends a quarantine and tells an operator that a package is not the one it was. It is no signature.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

IGNORED_NAMES: Final = frozenset({"__pycache__", ".git", ".venv"})
"""What appears and changes beside a plugin without being part of it, at any depth."""

_IGNORED_SUFFIX: Final = ".pyc"
_CHUNK_BYTES: Final = 128 * 1024


def package_digest(folder: Path) -> str:
    """Return SHA-256 in hex over every file's relative path and content, in order of the paths.

    Links count by their text and are never followed. Never raises: what can't be read counts by the name of
    its error.
    """
    digest = hashlib.sha256()
    for name, path in sorted(_entries(folder)):
        content = _content(path)
        # Lengths go first, so that no name or content can pass for another one's beginning.
        digest.update(b"%d:%b%d:%b" % (len(name), name, len(content), content))
    return digest.hexdigest()


def _entries(folder: Path) -> Iterator[tuple[bytes, str]]:
    """Find all files, links and unreadable folders as relative path (bytes, with /) and path."""
    waiting = [(b"", os.fspath(folder))]
    while waiting:
        prefix, path = waiting.pop()
        try:
            with os.scandir(path) as found:
                entries = list(found)
        except OSError:
            yield prefix or b".", path
            continue
        for entry in entries:
            if entry.name in IGNORED_NAMES or entry.name.endswith(_IGNORED_SUFFIX):
                continue
            name = prefix + os.fsencode(entry.name)
            if _is_folder(entry):
                waiting.append((name + b"/", entry.path))
            else:
                yield name, entry.path


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _content(path: str) -> bytes:
    """Return a mark for what kind of thing this is, and the digest of what is in it."""
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            return b"link " + os.fsencode(os.readlink(path))  # noqa: PTH115 - the text, not a path
        if stat.S_ISDIR(mode):
            os.listdir(path)  # noqa: PTH208 - asked again for its error
            return b"folder"
        if not stat.S_ISREG(mode):
            return b"special"
        return b"file " + _file_digest(path)
    except OSError as exc:
        return b"error " + type(exc).__name__.encode()


def _file_digest(path: str) -> bytes:
    # The file may have been replaced since it was looked at: never follow a link, never wait for a pipe.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    digest = hashlib.sha256()
    with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor has no path
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.digest()
