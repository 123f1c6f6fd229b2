"""Imports that a plugin would not find, and files that its manifest names."""

from pathlib import Path

import pytest

from host.devtools.code_check import check_code
from host.devtools.module_check import PROVIDED
from host.manifest import read_package
from host.process.shelf import PACKAGES
from tests.devtools.conftest import HEAD, Check

CLASS = "\n\nclass Sample(Plugin): ...\n"
ENTRY = 'entry_point = "main:Sample"\n'


def rules(check: Check, line: str, manifest: str = "", **files: str) -> list[str]:
    return [one.rule for one in check(f"{HEAD}{line}{CLASS}", ENTRY + manifest, **files)]


def test_a_module_that_is_nowhere_is_a_warning_with_the_command_that_installs_it(check: Check):
    [found] = check(f"{HEAD}import numpy.linalg{CLASS}", ENTRY)
    assert (found.level, found.rule, found.line) == ("warning", "module-missing", 2)
    assert "import of numpy," in found.what
    assert ".venv/bin/pip install numpy" in found.remedy


@pytest.mark.parametrize(
    "line",
    [
        "import json, msgspec, plugin_sdk.testing",
        "from . import words",
        "import words",
        "try:\n    import numpy\nexcept ImportError:\n    numpy = None",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import numpy",
        "import sys\nsys.path.append('lib')\nimport numpy",
        "import numpy  # plughost: ok module-missing",
    ],
)
def test_what_is_there_or_may_be_missing_is_fine(line: str, check: Check):
    assert rules(check, line, words="") == []


def test_what_is_declared_or_lies_in_its_environment_is_fine(check: Check, tmp_path: Path):
    assert rules(check, "import numpy", '[dependencies.packages]\nnumpy = ">=1"\n') == []
    assert rules(check, "import yaml", '[dependencies.packages]\nPyYAML = ">=6"\n') == []
    (tmp_path / ".venv" / "lib" / "python3.13" / "site-packages" / "numpy").mkdir(parents=True)
    assert rules(check, "import numpy") == []


def test_a_manifest_in_python_is_never_run_and_may_import_anything(tmp_path: Path):
    manifest = (
        'from x import PluginManifest\nMANIFEST = PluginManifest(id="one", version="1.0.0", name="One")\n'
    )
    (tmp_path / "manifest.py").write_text(manifest)
    (tmp_path / "main.py").write_text(f"{HEAD}import numpy{CLASS}")
    [found] = check_code(read_package(tmp_path))
    assert (found.file, found.rule) == ("main.py", "module-missing")


def test_an_icon_that_is_no_file_is_a_warning_and_a_name_is_none(check: Check, tmp_path: Path):
    assert rules(check, "", 'icon = "icon.png"\n') == ["icon-missing"]
    assert rules(check, "", 'icon = "mdi:home"\n') == []
    (tmp_path / "icon.png").write_bytes(b"")
    assert rules(check, "", 'icon = "icon.png"\n') == []


def test_what_a_host_provides_is_what_is_on_its_shelf():
    assert set(PACKAGES) == PROVIDED
