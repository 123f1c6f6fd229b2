"""Documents: a file of a plugin folder, in any syntax, to one plain object, bounded and checked for its text.

Owns everything below the meaning: where the file may be, its size, its encoding, its syntax, and that its
values are ones which JSON can carry on. Does not know any key.
"""

import json
import math
import os
import stat
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath
from typing import Any, Final, cast

from host.manifest.faults import FaultList, show, show_path
from host.manifest.python_document import parse_python
from host.manifest.yaml_document import parse_yaml
from protocol.sizes import format_size

MAX_DOCUMENT_BYTES: Final = 256 * 1024
"""Longest manifest or default configuration that is read."""

MAX_DEPTH: Final = 64
"""How deep objects and arrays may be nested."""

_MIN_INTEGER: Final = -(2**63)
_MAX_INTEGER: Final = 2**64 - 1


def read_document(
    folder: Path, name: str, faults: FaultList, allowed: str = "an object"
) -> dict[str, Any] | None:
    """Return the object in the file `name` of the resolved `folder`, or None after noting what is wrong."""
    text = _read_text(folder, name, faults)
    if text is None:
        return None
    return parse_document(text, name, faults, allowed)


def parse_document(
    text: str, name: str, faults: FaultList, allowed: str = "an object"
) -> dict[str, Any] | None:
    """Return the object that the text says, or None after noting what is wrong; `name` tells the syntax."""
    before = len(faults)
    document = _PARSERS[PurePath(name).suffix](text, name, faults)
    if len(faults) > before:
        return None
    if not isinstance(document, dict):
        faults.add("", show(document), allowed, file=name)
        return None
    for path, found, allowed in _unfit_values(cast("dict[str, Any]", document)):
        faults.add(path, found, allowed, file=name)
    return None if len(faults) > before else cast("dict[str, Any]", document)


def is_there(path: Path) -> bool:
    """Tell whether the folder has this entry; a link to nowhere is one, too. Raises OSError."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _read_text(folder: Path, name: str, faults: FaultList) -> str | None:
    try:
        path = (folder / name).resolve(strict=True)
        if not path.is_relative_to(folder):
            faults.add("", "a link that leads out of the folder", "a file inside the folder", file=name)
            return None
        data = _read_regular_file(path)
    except (OSError, RuntimeError) as exc:  # RuntimeError: a loop of links, before Python 3.13
        faults.add("", _reason(exc), "a file that the host can read", file=name)
        return None
    if data is None:
        faults.add("", "something that is not a regular file", "a regular file", file=name)
        return None
    if len(data) > MAX_DOCUMENT_BYTES:
        limit = format_size(MAX_DOCUMENT_BYTES)
        faults.add("", f"more than {limit}", f"at most {limit}", file=name)
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        faults.add("", f"byte {data[exc.start]:#04x} at offset {exc.start}", "UTF-8 text", file=name)
        return None


def _read_regular_file(path: Path) -> bytes | None:
    """Return at most one byte more than is allowed; None for a folder, pipe or device."""
    # Without O_NONBLOCK, opening a named pipe would wait for its writer.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor has no path
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        return file.read(MAX_DOCUMENT_BYTES + 1)


def _reason(exc: Exception) -> str:
    return (exc.strerror or type(exc).__name__) if isinstance(exc, OSError) else "a loop of links"


def parse_json(text: str, name: str, faults: FaultList) -> object:
    """Return the value that a JSON text says; what is wrong with it is noted."""

    def no_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) < len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    faults.add(show_path([key]), "the key more than once", "each key once", file=name)
                seen.add(key)
        return result

    try:
        return json.loads(text, object_pairs_hook=no_repeated_keys)
    except json.JSONDecodeError as exc:
        faults.add(f"line {exc.lineno}, column {exc.colno}", exc.msg, "JSON", file=name)
    except RecursionError:
        faults.add("", "values nested too deep", f"at most {MAX_DEPTH} levels", file=name)
    except ValueError:
        faults.add("", "an integer of too many digits", "integers of 64 bits", file=name)
    return None


def _parse_toml(text: str, name: str, faults: FaultList) -> object:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        message, _, place = str(exc).removesuffix(")").rpartition(" (at ")
        faults.add(place, message, "TOML", file=name)
    except RecursionError:
        faults.add("", "values nested too deep", f"at most {MAX_DEPTH} levels", file=name)
    except (ValueError, OverflowError) as exc:
        faults.add("", show(str(exc)), "TOML", file=name)
    return None


def _unfit_values(document: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Find what would fail later, when the value is stored or sent on as JSON."""
    waiting: list[tuple[tuple[object, ...], object]] = [((), document)]
    while waiting:
        place, value = waiting.pop()
        match value:
            case dict() | list() if len(place) >= MAX_DEPTH:
                yield show_path(place[:4]), "values nested too deep", f"at most {MAX_DEPTH} levels"
            case dict():
                table = cast("dict[str, object]", value)
                for key in table:
                    if not _is_text(key):
                        yield show_path([*place, key]), show(key), "a key that UTF-8 can express"
                waiting.extend(((*place, key), item) for key, item in reversed(table.items()))
            case list():
                items = list(enumerate(cast("list[object]", value)))
                waiting.extend(((*place, index), item) for index, item in reversed(items))
            case str() if not _is_text(value):
                yield show_path(place), show(value), "text that UTF-8 can express"
            case bool() | None | str():
                pass
            case int() if not _MIN_INTEGER <= value <= _MAX_INTEGER:
                yield show_path(place), show(value), "integers of 64 bits"
            case float() if not math.isfinite(value):
                yield show_path(place), show(value), "a finite number"
            case int() | float():
                pass
            case _:
                yield show_path(place), show(value), "a value that JSON has; put dates and times into quotes"


def _is_text(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)


_PARSERS: Final[dict[str, Callable[[str, str, FaultList], object]]] = {
    ".toml": _parse_toml,
    ".json": parse_json,
    ".yaml": parse_yaml,
    ".py": parse_python,
}
