"""Blob: a whole plugin as one JSON text, `{"manifest": {...}, "files": {"main.py": "..."}}`.

Owns the way in and out: names and sizes are checked before anything is written, all faults are told at once,
and a folder appears whole or not at all. Where the folder belongs is decided by whoever installs.
"""

import base64
import binascii
import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from host.errors import ManifestError
from host.manifest.blob_names import NameBook
from host.manifest.digest import IGNORED_NAMES
from host.manifest.documents import parse_json, read_document
from host.manifest.faults import NOTHING, FaultList, show, show_name, show_path
from host.manifest.package import FORMS, Package, read_package
from protocol.manifest import Limits
from protocol.sizes import format_size

MAX_BLOB_BYTES: Final = 32 * 1024 * 1024
MAX_FILE_BYTES: Final = 16 * 1024 * 1024
MAX_FILES: Final = 2_000
WRITTEN_AS: Final = "manifest.json"
"""The file that a blob's manifest becomes, unless its files have one already."""

_CONTENT_ALLOWED: Final = (
    'a text, or {"base64": "..."} for bytes, each with "executable": true for a program: '
    '{"text": "...", "executable": true}'
)


class _File(NamedTuple):
    content: bytes
    executable: bool


def unpack_blob(data: bytes, target: Path, name: str, defaults: Limits = Limits()) -> Package:  # noqa: B008 - frozen
    """Write a blob's files to the folder `target`, which must not exist, and return its package.

    `name` is what the blob is called in faults.

    Raises:
        ManifestError: It can't be used; `faults` names everything that is wrong, and nothing was written.
        OSError: The folder can't be written, or exists; nothing is left of it.
    """
    faults = FaultList(name, name)
    manifest, files = _read(data, faults)
    if target.exists():
        raise FileExistsError(f"{target} exists")
    temporary = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=target.parent))
    try:
        folder = temporary / "plugin"
        folder.mkdir()
        _write(folder, files)
        if manifest is not None:
            _write_manifest(folder, manifest, faults)
            _check_package(folder, defaults, faults)
        if len(faults):
            raise faults.as_error()
        package = read_package(folder, defaults)
        folder.rename(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    resolved = target.resolve()
    return Package(
        package.manifest, resolved, resolved / package.file.name, package.config_defaults, package.warnings
    )


def check_blob(file: Path, defaults: Limits = Limits()) -> Package:  # noqa: B008 - Limits is frozen
    """Read a blob from a file and return its package, whose folder is gone again.

    Raises:
        ManifestError: It can't be used; `faults` names everything that is wrong.
    """
    name = show_name(file)
    faults = FaultList(name, show_name(file.name))
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BLOB_BYTES + 1)
    except OSError as exc:
        faults.add("", exc.strerror or type(exc).__name__, "a file that the host can read")
        raise faults.as_error() from None
    with tempfile.TemporaryDirectory(prefix="plughost-blob-") as folder:
        try:
            return unpack_blob(data, Path(folder) / "plugin", show_name(file.name), defaults)
        except ManifestError as exc:
            raise ManifestError(name, exc.faults) from None


def pack_blob(folder: Path) -> bytes:
    """Return a plugin folder as a blob. What can't be part of one, such as a link, is a fault.

    Raises:
        ManifestError: The folder is no plugin, or does not fit into a blob.
        OSError: A file can't be read.
    """
    package = read_package(folder)
    faults = FaultList(show_name(folder), package.file.name)
    book = NameBook()
    files: dict[str, Any] = {}
    for path in _files_of(package.folder):
        name = path.relative_to(package.folder).as_posix()
        if fault := book.fault(name):
            faults.add("", show_name(name), fault, file=show_name(name))
        elif path.is_symlink() or not path.is_file():
            faults.add("", "a link or a special file", "plain files", file=show_name(name))
        elif len(files) >= MAX_FILES:
            faults.add("", f"more than {MAX_FILES:,} files", f"at most {MAX_FILES:,}", file=".")
            break
        elif path.stat().st_size > MAX_FILE_BYTES:
            faults.add("", "a longer file", f"at most {format_size(MAX_FILE_BYTES)}", file=show_name(name))
        else:
            files[name] = _packed(path)
    document = read_document(package.folder, package.file.name, faults)
    if len(faults):
        raise faults.as_error()
    data = json.dumps({"manifest": document, "files": files}, ensure_ascii=False, indent=1).encode()
    if len(data) > MAX_BLOB_BYTES:
        faults.add("", format_size(len(data)), f"at most {format_size(MAX_BLOB_BYTES)}", file=".")
        raise faults.as_error()
    return data


def _read(data: bytes, faults: FaultList) -> tuple[dict[str, Any] | None, dict[str, _File]]:
    if len(data) > MAX_BLOB_BYTES:
        limit = format_size(MAX_BLOB_BYTES)
        faults.add("", f"more than {limit}", f"at most {limit}")
        return None, {}
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        faults.add("", f"byte {data[exc.start]:#04x} at offset {exc.start}", "UTF-8 text")
        return None, {}
    before = len(faults)
    blob = parse_json(text, faults.file, faults)
    if len(faults) > before:
        return None, {}
    if not isinstance(blob, dict):
        faults.add("", show(blob), 'an object with "manifest" and "files"')
        return None, {}
    document = cast("dict[str, Any]", blob)
    for key in document:
        if key not in ("manifest", "files"):
            faults.add(show_path([key]), f"the unknown key {show(key)}", "manifest and files")
    manifest, files = (document.get(key) for key in ("manifest", "files"))
    for key, value in (("manifest", manifest), ("files", files)):
        if not isinstance(value, dict):
            faults.add(key, NOTHING if value is None else show(value), "an object")
    return (
        cast("dict[str, Any]", manifest) if isinstance(manifest, dict) else None,
        _read_files(cast("dict[str, Any]", files), faults) if isinstance(files, dict) else {},
    )


def _read_files(files: dict[str, Any], faults: FaultList) -> dict[str, _File]:
    if len(files) > MAX_FILES:
        faults.add("files", f"{len(files):,} files", f"at most {MAX_FILES:,}")
        return {}
    book = NameBook()
    found: dict[str, _File] = {}
    for name, value in files.items():
        place = show_path(["files", name])
        if fault := book.fault(name):
            faults.add(place, show(name), fault)
            continue
        try:
            found[name] = _unpacked(value)
        except ValueError as exc:
            faults.add(place, show(value), str(exc))
    return found


def _unpacked(value: object) -> _File:
    match value:
        case str():
            content, executable = _bytes_of(value), False
        case {"text": str() as text}:
            content, executable = _bytes_of(text), _is_executable(cast("dict[str, Any]", value))
        case {"base64": str() as text}:
            try:
                content = base64.b64decode(text, validate=True)
            except (binascii.Error, ValueError):
                raise ValueError("base64") from None
            executable = _is_executable(cast("dict[str, Any]", value))
        case _:
            raise ValueError(_CONTENT_ALLOWED)
    if len(content) > MAX_FILE_BYTES:
        raise ValueError(f"at most {format_size(MAX_FILE_BYTES)}")
    return _File(content, executable)


def _bytes_of(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise ValueError("text that UTF-8 can express") from None


def _is_executable(entry: dict[str, Any]) -> bool:
    executable = entry.get("executable", False)
    if len(entry.keys() - {"executable"}) != 1 or not isinstance(executable, bool):
        raise ValueError(_CONTENT_ALLOWED)
    return executable


def _packed(path: Path) -> Any:
    content = path.read_bytes()
    executable = os.access(path, os.X_OK)
    with contextlib.suppress(UnicodeDecodeError):
        text = content.decode()
        return {"text": text, "executable": True} if executable else text
    packed: dict[str, Any] = {"base64": base64.b64encode(content).decode()}
    return packed | ({"executable": True} if executable else {})


def _write(folder: Path, files: dict[str, _File]) -> None:
    for name, file in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        if file.executable:
            path.chmod(0o755)


def _write_manifest(folder: Path, manifest: dict[str, Any], faults: FaultList) -> None:
    """Write the manifest, or see that the file which the blob has of it says the same."""
    for name in FORMS:
        if (folder / name).exists():
            if read_document(folder, name, FaultList("", name)) != manifest:
                faults.add("manifest", "another one than in the file", f"what {name} says", file=faults.file)
            return
    with contextlib.suppress(ValueError, RecursionError):
        (folder / WRITTEN_AS).write_text(json.dumps(manifest), encoding="utf-8")
        return
    faults.add("manifest", "values that JSON does not have", "plain values")


def _check_package(folder: Path, defaults: Limits, faults: FaultList) -> None:
    try:
        read_package(folder, defaults)
    except ManifestError as exc:
        for fault in exc.faults:
            in_manifest = fault.file == WRITTEN_AS
            path = ".".join(part for part in ("manifest", fault.path) if part) if in_manifest else fault.path
            faults.add(path, fault.found, fault.allowed, file=faults.file if in_manifest else fault.file)


def _files_of(folder: Path) -> Iterator[Path]:
    """Find all files and links, in order; what merely lies beside a plugin is left out."""
    for child in sorted(folder.iterdir()):
        if child.name in IGNORED_NAMES or child.name.endswith(".pyc"):
            continue
        if child.is_dir() and not child.is_symlink():
            yield from _files_of(child)
        else:
            yield child
