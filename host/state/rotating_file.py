"""A file that is only appended to, and bounded: full, it becomes `NAME.1`, which moves on or goes.

Owns the rotation, and that a batch is there whole or not at all. Does not know what is in it. Blocks: it
belongs in a worker thread, one at a time.
"""

import os
from collections.abc import Iterator
from pathlib import Path


class RotatingFile:
    """One file and its older ones. Bounded by bytes, or by lines."""

    def __init__(self, path: Path, *, files: int, most_bytes: int = 0, most_lines: int = 0) -> None:
        """`files` are kept, the present one included. One of the bounds is given."""
        self._path = path
        self._files = files
        self._most_bytes = most_bytes
        self._most_lines = most_lines
        self._lines: int | None = None

    def append(self, data: bytes) -> None:
        """Append whole lines. Raises OSError, and then nothing of them is there.

        Of more than a file may hold, each file's part is whole or not there.
        """
        for part in _parts(data, self._most_bytes):
            self._append(part)

    def _append(self, data: bytes) -> None:
        if self._is_full(len(data)):
            self._rotate()
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self._path, flags, 0o600)
        try:
            before = os.fstat(descriptor).st_size
            if before and os.pread(descriptor, 1, before - 1) != b"\n":
                data = b"\n" + data  # a loss of power tore the last line
            try:
                rest = memoryview(data)
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
            except OSError:
                os.ftruncate(descriptor, before)
                raise
        finally:
            os.close(descriptor)
        if self._lines is not None:
            self._lines += data.count(b"\n")

    def _is_full(self, more_bytes: int) -> bool:
        try:
            if self._most_bytes:
                here = self._path.stat().st_size
                # One that is longer than a whole file has one of its own.
                return here > 0 and here + more_bytes > self._most_bytes
            if self._lines is None:
                self._lines = self._path.read_bytes().count(b"\n")
        except FileNotFoundError:
            self._lines = 0
        return self._lines >= self._most_lines > 0

    def _rotate(self) -> None:
        names = [self._path, *(older(self._path, number) for number in range(1, self._files))]
        # Removed, not replaced: some file systems write a file out when it is renamed over another.
        names[-1].unlink(missing_ok=True)
        for target, source in zip(reversed(names[1:]), reversed(names[:-1]), strict=True):
            if source.exists():
                source.rename(target)
        self._lines = 0 if self._most_lines else None


def _parts(data: bytes, most_bytes: int) -> Iterator[bytes]:
    """Cut lines into parts that fit into a file; a line that does not is a part of its own."""
    begin = 0
    while most_bytes and len(data) - begin > most_bytes:
        end = data.rfind(b"\n", begin, begin + most_bytes) + 1 or data.find(b"\n", begin) + 1 or len(data)
        yield data[begin:end]
        begin = end
    if begin < len(data):
        yield data[begin:]


def older(path: Path, number: int) -> Path:
    """Return the name of an older file: `NAME.1` is the latest of them."""
    return path.with_name(f"{path.name}.{number}")


def read_rotated(path: Path, files: int) -> list[bytes]:
    """Return all lines that are kept, the oldest first; none where there is no file."""
    lines: list[bytes] = []
    for name in [*(older(path, number) for number in range(files - 1, 0, -1)), path]:
        try:
            lines += name.read_bytes().splitlines()
        except (FileNotFoundError, NotADirectoryError):
            continue
    return lines


def remove_rotated(path: Path, files: int) -> int:
    """Remove a file and its older ones; return how many there were. Raises OSError."""
    names = [name for name in (path, *(older(path, number) for number in range(1, files))) if name.exists()]
    for name in names:
        name.unlink(missing_ok=True)
    return len(names)
