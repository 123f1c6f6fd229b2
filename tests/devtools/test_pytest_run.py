"""The command line by which tests are run, and what is said where it can't be."""

import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from host.devtools import pytest_run
from host.devtools.create import create
from host.devtools.pytest_run import pytest_command
from host.devtools.refused import Refused


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return create("sample", "cli", tmp_path)[0]


def test_what_is_asked_for_is_in_the_command(folder: Path):
    words = pytest_command(
        folder, mode="live", data="there", keyword="a or b", coverage=True, rest=["-x", "--lf"]
    )
    assert words[:4] == [sys.executable, "-m", "pytest", "--plughost=live"]
    assert words[words.index("-k") + 1] == "a or b"
    assert "--plughost-data=there" in words
    assert "--cov=." in words
    assert words[-2:] == ["-x", "--lf"]


def test_the_pytest_plugin_is_named_where_it_is_not_installed(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def nothing(**_: str) -> list[object]:
        return []

    monkeypatch.setattr(pytest_run, "entry_points", nothing)
    words = pytest_command(folder)
    assert words[words.index("-p") + 1] == "plugin_sdk.testing.pytest_plugin"


@pytest.mark.parametrize(("missing", "coverage"), [("pytest", False), ("pytest_cov", True)])
def test_what_is_not_installed_is_named_with_the_line_to_run(
    missing: str, coverage: bool, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    def find(name: str) -> ModuleSpec | None:
        return None if name == missing else ModuleSpec(name, None)

    monkeypatch.setattr(pytest_run, "find_spec", find)
    with pytest.raises(Refused, match="pip install"):
        pytest_command(folder, coverage=coverage)


def test_a_folder_without_tests_is_told(tmp_path: Path):
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "test_of_somebody.py").write_text("")
    with pytest.raises(Refused, match="there are no tests"):
        pytest_command(tmp_path)


def test_in_a_workspace_the_plugins_are_measured(tmp_path: Path):
    create("sample", "cli", tmp_path / "plugins")
    assert "--cov=plugins" in pytest_command(tmp_path, coverage=True)
