"""Program: what starts the plugin, checked against the files of its folder.

Owns the grammar of entry points and the rules between entry points and a command. Starts and imports
nothing.
"""

import ast
import keyword
import os
import shutil
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from host.manifest.faults import NOTHING, FaultList, near, show, show_path

ENTRY_ALLOWED: Final = "module:Class or file.py"
ENTRY_NAMES: Final = ("main", "ui", "api", "webhook", "cli")
DEFAULT_ENTRY: Final = "main.py"
PACKAGE_ENTRY: Final = "__init__.py"
"""Where the Plugin class of a package is if it has no main.py."""
JAVASCRIPT: Final = "JavaScript plugin: port the entry point"

_MAX_LOOKED_AT_BYTES: Final = 256 * 1024
_SCRIPT_SUFFIXES: Final = frozenset({".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"})


@dataclass(frozen=True, slots=True)
class Program:
    """How the plugin starts; both empty for one that only contributes."""

    entry_points: tuple[str, ...] = ()
    command: tuple[str, ...] = ()


def check_program(
    folder: Path,
    entries: Mapping[str, str],
    command: tuple[str, ...],
    faults: FaultList,
    *,
    required: bool,
) -> Program:
    """Return what starts the plugin after noting what is wrong with it.

    Args:
        folder: The resolved plugin folder.
        entries: Entry points by their place in the document.
        command: The program and its arguments, or empty.
        faults: Where faults are noted.
        required: Whether having neither is a fault.
    """
    if command:
        if entries:
            faults.add("command", "an entry point as well", "a command or an entry point, not both")
        _check_command(folder, command, faults)
        return Program(command=command)
    scripts = [path for path, text in entries.items() if _is_script(text)]
    if scripts:
        _note_javascript(scripts[0], show(entries[scripts[0]]), faults)
        return Program()
    if not entries:
        return _default_program(folder, faults, required=required)
    found: dict[str, None] = {}
    for path, text in entries.items():
        try:
            found[check_entry(folder, text)] = None
        except ValueError as exc:
            faults.add(path, show(text), str(exc))
    return Program(tuple(found))


def check_entry(folder: Path, text: str) -> str:
    """Return an entry point in its normal form: `module:Class` or `file.py`.

    Raises:
        ValueError: It is neither, or its file is not inside the folder; the message says what is allowed.
    """
    if ":" in text:
        module, _, name = text.partition(":")
        parts = module.split(".")
        if not all(part.isidentifier() and not keyword.iskeyword(part) for part in [*parts, name]):
            raise ValueError(ENTRY_ALLOWED)
        base = folder.joinpath(*parts)
        candidates = [base / "__init__.py", base.with_name(f"{parts[-1]}.py")]
        if not any(_is_inside(folder, candidate) for candidate in candidates):
            raise ValueError(f"a module inside the plugin's folder; there is no {'/'.join(parts)}.py")
        return text
    path = PurePosixPath(text)
    if path.suffix != ".py" or "\\" in text:
        raise ValueError(ENTRY_ALLOWED)
    if path.is_absolute() or ".." in path.parts or not _is_inside(folder, folder / path):
        raise ValueError("a Python file inside the plugin's folder")
    return str(path)


def named_entries(
    singles: Mapping[str, str | None], tables: Mapping[str, Mapping[str, str]], faults: FaultList
) -> dict[str, str]:
    """Return all entry points by their place in the document, `main` ones first."""
    entries = {key: text for key, text in singles.items() if text is not None}
    for table, values in tables.items():
        for name in sorted(values, key=lambda name: ENTRY_NAMES.index(name) if name in ENTRY_NAMES else -1):
            path = show_path([table, name])
            if name in ENTRY_NAMES:
                entries[path] = values[name]
            else:
                faults.add(path, f"the unknown entry point {show(name)}", near(name, ENTRY_NAMES))
    return entries


def _default_program(folder: Path, faults: FaultList, *, required: bool) -> Program:
    if _is_inside(folder, folder / DEFAULT_ENTRY):
        return Program((DEFAULT_ENTRY,))
    if _has_code(folder, folder / PACKAGE_ENTRY):
        return Program((PACKAGE_ENTRY,))
    if required and _is_inside(folder, folder / "package.json"):
        _note_javascript("entry_point", "package.json", faults)
    elif required:
        faults.add(
            "entry_point", NOTHING, f"{ENTRY_ALLOWED}, a file {DEFAULT_ENTRY}, or a command in plugin.toml"
        )
    return Program()


def _note_javascript(path: str, found: str, faults: FaultList) -> None:
    # Its dependencies are npm's; porting the entry point settles them too.
    faults.drop(lambda fault: fault.path.partition(".")[0] == "dependencies")
    faults.add(path, found, f"{JAVASCRIPT} to Python as {ENTRY_ALLOWED}")


def _is_script(text: str) -> bool:
    return PurePosixPath(text).suffix.lower() in _SCRIPT_SUFFIXES


def _is_inside(folder: Path, path: Path) -> bool:
    """Tell whether this is a file of the folder; a link that leads out is not."""
    try:
        resolved = path.resolve(strict=True)
        return resolved.is_relative_to(folder) and resolved.is_file()
    except (OSError, RuntimeError, ValueError):  # loops of links, names too long, null bytes
        return False


def _has_code(folder: Path, path: Path) -> bool:
    """Tell whether a file of the folder may have a class: an empty `__init__.py` only marks a package."""
    if not _is_inside(folder, path):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = ast.parse(path.read_bytes()[:_MAX_LOOKED_AT_BYTES])
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return True  # running it says what is wrong
    return any(isinstance(node, ast.ClassDef | ast.Import | ast.ImportFrom) for node in module.body)


def _check_command(folder: Path, command: tuple[str, ...], faults: FaultList) -> None:
    """Note a program that can't be started.

    Links may lead out of the folder here: an environment's `bin/python` is one, and PATH leads out anyway.
    """
    word = command[0]
    path = PurePosixPath(word)
    is_relative = not path.is_absolute() and ".." not in path.parts
    if is_relative and _is_program(folder / path):
        return
    if (len(path.parts) == 1 or path.is_absolute()) and _on_path(word):
        return
    faults.add("command", show(word), "an executable file inside the plugin's folder, or a program on PATH")


def _is_program(path: Path) -> bool:
    try:
        return path.is_file() and os.access(path, os.X_OK)
    except (OSError, ValueError):
        return False


def _on_path(word: str) -> bool:
    try:
        return shutil.which(word) is not None
    except (OSError, ValueError):
        return False
