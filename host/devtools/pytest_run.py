"""Pytest run: the command line by which a plugin's tests are run, with the SDK's pytest plugin on.

Owns what has to be installed for it. Who starts it decides about its output.
"""

import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from host.devtools.refused import Refused
from host.devtools.source_tree import PASSED_OVER

PLUGIN: Final = "plugin_sdk.testing.pytest_plugin"
_MISSING: Final = "install it beside Plughost: pip install 'plughost[testing]'"


def pytest_command(
    folder: Path,
    *,
    mode: str = "memory",
    data: str | None = None,
    keyword: str | None = None,
    coverage: bool = False,
    rest: Sequence[str] = (),
) -> list[str]:
    """Return the words of the command, to be run in `folder`.

    Raises:
        Refused: pytest, or what measures coverage, is not installed; or there are no tests.
    """
    if find_spec("pytest") is None:
        raise Refused(f"pytest isn't installed here, and runs the tests; {_MISSING}")
    if not any(_tests_of(folder)):
        raise Refused(f"{folder}: there are no tests; they lie in tests/, in files test_*.py")
    words = [sys.executable, "-m", "pytest", f"--plughost={mode}", "--import-mode=importlib"]
    if not any(one.name == "plughost" for one in entry_points(group="pytest11")):
        words += ["-p", PLUGIN]
    if data is not None:
        words.append(f"--plughost-data={data}")
    if keyword is not None:
        words += ["-k", keyword]
    if coverage:
        if find_spec("pytest_cov") is None:
            raise Refused("pytest-cov isn't installed here, and measures coverage; pip install pytest-cov")
        words += [
            *(f"--cov={source}" for source in _sources(folder)),
            "--cov-branch",
            "--cov-report=term-missing",
        ]
    return [*words, *rest]


def _tests_of(folder: Path) -> list[Path]:
    hidden = {".venv", "node_modules", "__pycache__"}
    found = [*folder.rglob("test_*.py"), *folder.rglob("*_test.py")]
    return [file for file in found if not hidden & set(file.relative_to(folder).parts)]


def _sources(folder: Path) -> list[str]:
    """Return what is measured: the plugin's folder, or each plugin's of a workspace, without its tests."""
    names = [
        path.name
        for path in sorted(folder.iterdir())
        if path.is_dir() and not path.name.startswith(".") and path.name not in PASSED_OVER
    ]
    has_code = any(path.suffix == ".py" for path in folder.iterdir())
    return ["."] if has_code or not names else names
