"""SourceTree: the Python files of a plugin, parsed; nothing of them is run.

Owns which files are the plugin's own, how names in them are resolved to what was imported, and which lines
are exempt from a rule.
"""

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from host.devtools.findings import Finding

PASSED_OVER: Final = frozenset({"__pycache__", "node_modules", "tests", "test", "build", "dist"})
"""Folders that are not looked into, beside hidden ones; `.venv` is one of those."""

MAX_FILE_BYTES: Final = 1024 * 1024
MAX_FILES: Final = 2_000
_OK: Final = re.compile(r"#\s*plughost:\s*ok\s+([a-z-]+(?:\s*,\s*[a-z-]+)*)")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file that could be parsed."""

    name: str
    """Relative to the plugin's folder, with `/`."""
    tree: ast.Module
    imports: dict[str, str]
    """Local name to what it stands for: `{"sleep": "time.sleep", "time": "time"}`."""
    exempt: dict[int, frozenset[str]] = field(default_factory=dict[int, frozenset[str]])
    """Line to the rules that are silenced there."""

    def dotted(self, node: ast.expr) -> str:
        """Return the full name that an expression stands for, such as `time.sleep`; empty if it is none."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        return ".".join([self.imports.get(node.id, node.id), *reversed(parts)])


@dataclass(frozen=True, slots=True)
class SourceTree:
    """All of a plugin."""

    files: tuple[SourceFile, ...]
    findings: tuple[Finding, ...]
    """Of files that can't be read or parsed."""

    def find(self, name: str) -> SourceFile | None:
        """Return a file by its name."""
        return next((one for one in self.files if one.name == name), None)


def read_source(folder: Path) -> SourceTree:
    """Read the Python files of a plugin's folder. Links are not followed."""
    files: list[SourceFile] = []
    findings: list[Finding] = []
    for number, path in enumerate(_python_files(folder)):
        name = path.relative_to(folder).as_posix()
        if number >= MAX_FILES:
            what = f"the plugin has more than {MAX_FILES:,} Python files; the rest was not looked at"
            findings.append(Finding(name, 0, "warning", "unread", what, "keep dependencies in .venv"))
            break
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                what = f"it has more than {MAX_FILE_BYTES:,} bytes and was not looked at"
                findings.append(
                    Finding(name, 0, "warning", "unread", what, "keep data in files of their own")
                )
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                text = path.read_text(encoding="utf-8")
                tree = ast.parse(text)
        except SyntaxError as exc:
            what = f"it can't be compiled: {exc.msg}"
            findings.append(Finding(name, exc.lineno or 0, "fault", "syntax", what, "mend the line"))
        except (OSError, ValueError, RecursionError, MemoryError) as exc:
            what = f"it can't be read: {exc}"
            findings.append(Finding(name, 0, "fault", "syntax", what, "save it as UTF-8 text"))
        else:
            files.append(SourceFile(name, tree, _imports(tree), _exempt(text)))
    return SourceTree(tuple(files), tuple(findings))


def _python_files(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return  # what can't be listed can't be packed or loaded either, and those say why
    for path in entries:
        if path.name.startswith(".") or path.is_symlink():
            continue
        if path.is_dir():
            if path.name not in PASSED_OVER:
                yield from _python_files(path)
        elif path.suffix == ".py":
            yield path


def _imports(tree: ast.Module) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                found[one.asname or one.name.partition(".")[0]] = (
                    one.name if one.asname else one.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            for one in node.names:
                found[one.asname or one.name] = f"{module}.{one.name}"
    return found


def _exempt(text: str) -> dict[int, frozenset[str]]:
    found: dict[int, frozenset[str]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if (match := _OK.search(line)) is not None:
            found[number] = frozenset(part.strip() for part in match[1].split(","))
    return found
