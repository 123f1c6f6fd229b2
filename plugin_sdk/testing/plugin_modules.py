"""The plugin's modules in a test's process: imported anew for each load, and taken out afterwards.

Two plugins both have a `main`, and what a module keeps must not reach the next test, as it would not reach
the next process.
"""

import importlib
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from plugin_sdk.runtime.entry import PACKAGE


@contextmanager
def fresh_modules(folder: Path) -> Generator[None]:
    """Have imports find the plugin's folder first, and nothing that was imported under its names before."""
    names = _top_names(folder)
    own = f"{folder}/.venv/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    before = _taken(names)
    path = [str(folder), *([own] if Path(own).is_dir() else [])]
    sys.path[:0] = path
    importlib.invalidate_caches()
    try:
        yield
    finally:
        for entry in path:
            if entry in sys.path:
                sys.path.remove(entry)
        _taken(names)
        sys.modules.update(before)


def _top_names(folder: Path) -> set[str]:
    files = {one.stem for one in folder.glob("*.py")}
    packages = {one.name for one in folder.iterdir() if one.is_dir() and one.name.isidentifier()}
    return (files | packages | {PACKAGE}) - {"tests", "conftest", "__init__"}


def _taken(names: set[str]) -> dict[str, ModuleType]:
    """Take the modules of these names out, and return them."""
    found = [name for name in sys.modules if name.partition(".")[0] in names]
    return {name: sys.modules.pop(name) for name in found}
