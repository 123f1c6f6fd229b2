"""Module check: imports that a plugin will not find: it has the standard library, the SDK and what it brings.

Read from the code; nothing is imported. A manifest in Python is read and never run, so it may import what it
likes. What stands in `try` or under TYPE_CHECKING may be missing, and where the code changes `sys.path`
nothing can be said. Programs in any language have packages of their own.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from host.devtools.findings import Finding
from host.devtools.source_tree import SourceFile, SourceTree
from host.manifest import Package

PROVIDED: Final = frozenset({"plugin_sdk", "protocol", "msgspec", "uvloop"})
"""What a host's shelf has for every Python plugin."""

_SUFFIXES: Final = (".py", ".pyd", ".so")


def check_modules(package: Package, source: SourceTree) -> Iterator[Finding]:
    """Yield the first import of each module that is nowhere a plugin of this folder would find it."""
    manifest, folder = package.manifest, package.folder
    if not manifest.entry_points or any(_changes_path(file) for file in source.files):
        return
    environments = [*folder.glob(".venv/lib/python*/site-packages")]
    if any(_links_elsewhere(place) for place in environments):
        return
    there = {name for place in (folder, *environments) for name in _modules_in(place)} | PROVIDED
    declared = {_module_name(name) for name in manifest.package_dependencies}
    missing: dict[str, tuple[SourceFile, int]] = {}
    imported: set[str] = set()
    for file in source.files:
        if file.name == package.file.name:
            continue
        for name, line in _imports(file):
            imported.add(name.lower())
            if name not in there | sys.stdlib_module_names and name.lower() not in declared:
                missing.setdefault(name, (file, line))
    if declared - imported:
        return  # a package whose module has another name, as PyYAML has yaml
    for name, (file, line) in missing.items():
        yield Finding(
            file.name,
            line,
            "warning",
            "module-missing",
            f"import of {name}, which is neither in the standard library nor in the plugin's folder or .venv",
            "declare the package under dependencies in the manifest, and install it into .venv: "
            f"python3 -m venv .venv && .venv/bin/pip install {name}",
        )


def _imports(file: SourceFile) -> Iterator[tuple[str, int]]:
    """Yield the top-level modules that a file has to have, each with its line."""
    waiting: list[ast.AST] = [file.tree]
    while waiting:
        node = waiting.pop(0)
        match node:
            case ast.Try():
                waiting += [*node.orelse, *node.finalbody]
                continue
            case ast.If() if "TYPE_CHECKING" in ast.dump(node.test):
                waiting += node.orelse
                continue
            case ast.Import():
                for one in node.names:
                    yield one.name.partition(".")[0], node.lineno
            case ast.ImportFrom(module=str() as module, level=0):
                yield module.partition(".")[0], node.lineno
            case _:
                pass
        waiting += ast.iter_child_nodes(node)


def _changes_path(file: SourceFile) -> bool:
    return any(
        isinstance(node, ast.Attribute | ast.Name) and file.dotted(node) == "sys.path"
        for node in ast.walk(file.tree)
    )


def _modules_in(place: Path) -> Iterator[str]:
    for path in _listed(place):
        if path.suffix in _SUFFIXES or path.is_dir():
            yield path.name.partition(".")[0]


def _links_elsewhere(place: Path) -> bool:
    """Tell whether an environment has folders that lie outside of it, as one of an editable install."""
    return any(path.suffix == ".pth" and "distutils" not in path.name for path in _listed(place))


def _listed(place: Path) -> list[Path]:
    try:
        return [*place.iterdir()]
    except OSError:
        return []


def _module_name(package: str) -> str:
    return package.replace("-", "_").lower()
