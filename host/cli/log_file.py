"""LogFile: the host's own log in a file that is rotated, so that all of it stays under a bound.

A disk that takes nothing loses lines and not the host: that is said once on stderr, and in the file once it
takes something again.
"""

import io
import sys
from pathlib import Path

from host.state.rotating_file import RotatingFile


class LogFile(io.TextIOBase):
    """A stream for `host.logs.configure`; each write is one record."""

    def __init__(self, path: Path, *, files: int, most_bytes: int) -> None:
        """`files` are kept, the present one included; each is rotated at `most_bytes`."""
        super().__init__()
        self._path = path
        self._file = RotatingFile(path, files=max(1, files), most_bytes=most_bytes)
        self._lost = 0

    def write(self, text: str, /) -> int:
        """Append a record."""
        data = text.encode(errors="replace")
        try:
            if self._lost:
                told = f"{self._lost} records of this log were lost: the disk took nothing\n"
                self._file.append(told.encode())
                self._lost = 0
            self._file.append(data)
        except OSError as exc:
            if not self._lost:
                sys.stderr.write(f"the log {self._path} can't be written, the host goes on: {exc.strerror}\n")
            self._lost += 1
        return len(text)
