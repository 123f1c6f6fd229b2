"""Archive: a plugin's folder as one zip, the same bytes for the same files, with a digest of each inside.

Owns what goes in. Names are in order, times and owners are left out, modes are 0644 or 0755; so two people
who pack the same files with the same zlib get the same archive, and `checksums` is the same in any case.
"""

import hashlib
import io
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from host.devtools.refused import Refused
from host.manifest import Package
from host.manifest.blob_names import NameBook

CHECKSUMS: Final = "checksums"
MAX_BYTES: Final = 100 * 1024 * 1024
"""Of all files together; what a host installs at most."""

_LEFT_OUT: Final = frozenset({"__pycache__"})
_TESTS: Final = frozenset({"tests", "test"})
_SUFFIXES: Final = (".pyc", ".pyo")
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can say."""

_LEVEL: Final = 9
_UNIX: Final = 3


@dataclass(frozen=True, slots=True)
class Archive:
    """One packed plugin."""

    name: str
    """What its file should be called: `<id>-<version>.zip`."""
    content: bytes
    files: tuple[str, ...]
    left_out: tuple[str, ...]
    """What lies in the folder and is not in it."""

    @property
    def digest(self) -> str:
        """SHA-256 of the archive, in hex."""
        return hashlib.sha256(self.content).hexdigest()


def pack(
    package: Package, *, tests: bool = False, beside: Path | None = None, manifest: str | None = None
) -> Archive:
    """Pack a plugin; `beside` is the file that the archive will be, which is not packed itself.

    `manifest` is packed in the place of what the manifest's file holds.

    Raises:
        Refused: A file can't be part of an archive, or all are too large.
        OSError: A file can't be read.
    """
    name = f"{package.manifest.id}-{package.manifest.version}.zip"
    output = (beside or Path(name)).resolve()
    left_out: list[str] = []
    book, contents = NameBook(), dict[str, tuple[bytes, bool]]()
    total = 0
    for path in _files(package.folder, package.folder, tests, left_out):
        shown = path.relative_to(package.folder).as_posix()
        if path.resolve() == output:
            continue
        if shown == CHECKSUMS:
            raise Refused(f"{shown}: a name that the archive needs for itself; call the file something else")
        if path.is_symlink() or not path.is_file():
            raise Refused(f"{shown}: a link or a special file; an archive has plain files")
        if fault := book.fault(shown):
            raise Refused(f"{shown!r}: found a name that not every system can have; allowed: {fault}")
        total += path.stat().st_size
        if total > MAX_BYTES:
            raise Refused(f"the files have more than {MAX_BYTES // 1024**2} MiB together, at {shown}")
        content = path.read_bytes()
        if manifest is not None and path == package.file:
            content = manifest.encode()
        contents[shown] = (content, os.access(path, os.X_OK))
    return Archive(name, _zipped(contents), tuple(sorted(contents)), tuple(left_out))


def _files(folder: Path, root: Path, tests: bool, left_out: list[str]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        hidden = path.name.startswith(".") or path.name in _LEFT_OUT or path.suffix in _SUFFIXES
        if hidden or (path.name in _TESTS and folder == root and not tests):
            left_out.append(path.relative_to(root).as_posix())
        elif path.is_dir() and not path.is_symlink():
            yield from _files(path, root, tests, left_out)
        else:
            yield path


def _zipped(contents: dict[str, tuple[bytes, bool]]) -> bytes:
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, (content, _) in contents.items()]
    whole = contents | {CHECKSUMS: ("".join(sorted(lines, key=lambda line: line[66:])).encode(), False)}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, (content, runs) in sorted(whole.items()):
            row = zipfile.ZipInfo(name, _EPOCH)
            row.create_system = _UNIX
            row.external_attr = (0o100755 if runs else 0o100644) << 16
            row.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(row, content, compresslevel=_LEVEL)
    return buffer.getvalue()
