"""The two distributions as they would be published: built, looked into, installed beside nothing."""

import email.message
import email.parser
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from protocol.version import RELEASE

ROOT = Path(__file__).parents[2]
SDK = ROOT / "packaging" / "plugin-sdk"
LOCK = ROOT / "requirements" / "dev.lock"


@pytest.fixture(scope="module")
def host_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _built(ROOT, tmp_path_factory.mktemp("plughost"))


@pytest.fixture(scope="module")
def sdk_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _built(SDK, tmp_path_factory.mktemp("plughost-sdk"))


def test_both_distributions_have_the_release_as_their_version(host_wheel: Path, sdk_wheel: Path):
    assert _metadata(host_wheel)["Version"] == RELEASE
    assert _metadata(sdk_wheel)["Version"] == RELEASE
    assert _metadata(host_wheel)["Name"] == "plughost"
    assert _metadata(sdk_wheel)["Name"] == "plughost-sdk"


def test_the_sdk_holds_its_two_packages_and_nothing_else(sdk_wheel: Path):
    names = _names(sdk_wheel)
    assert {name.partition("/")[0] for name in names} == {
        "plugin_sdk",
        "protocol",
        f"plughost_sdk-{RELEASE}.dist-info",
    }
    for package in ("plugin_sdk", "protocol"):
        assert _of(names, package) == _sources(package)
        assert f"{package}/py.typed" in names


def test_the_sdk_needs_msgspec_and_nothing_else(sdk_wheel: Path):
    [required, extra] = _metadata(sdk_wheel).get_all("Requires-Dist", [])
    assert extra.startswith("pytest")
    assert extra.endswith("extra == 'testing'")
    assert required.startswith("msgspec")
    assert required in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]


def test_both_bring_the_pytest_plugin_and_pytest_where_it_is_asked_for(host_wheel: Path, sdk_wheel: Path):
    for wheel in (host_wheel, sdk_wheel):
        [name] = [name for name in _names(wheel) if name.endswith(".dist-info/entry_points.txt")]
        text = _read(wheel, name).decode()
        assert "[pytest11]\nplughost = plugin_sdk.testing.pytest_plugin" in text
        extras = [one for one in _metadata(wheel).get_all("Requires-Dist", []) if "extra == 'testing'" in one]
        assert [extra.partition(">")[0] for extra in extras] == ["pytest"]


def test_both_are_under_the_same_licence_for_the_same_python(host_wheel: Path, sdk_wheel: Path):
    for field in ("License-Expression", "License-File", "Requires-Python"):
        assert _metadata(host_wheel)[field] == _metadata(sdk_wheel)[field] is not None
    for wheel in (host_wheel, sdk_wheel):
        [licence] = [name for name in _names(wheel) if name.endswith("/licenses/LICENSE")]
        assert _read(wheel, licence) == (ROOT / "LICENSE").read_bytes()


def test_the_host_holds_all_three_packages_and_the_plugins_of_the_demo(host_wheel: Path):
    names = _names(host_wheel)
    assert {name.partition("/")[0] for name in names} == {
        "host",
        "plugin_sdk",
        "protocol",
        f"plughost-{RELEASE}.dist-info",
    }
    for package in ("host", "plugin_sdk", "protocol"):
        assert f"{package}/py.typed" in names
        assert _of(names, package) - _of(names, "host/cli/demo_plugins") == _sources(package)
    for plugin in ("hello", "streamer", "talker", "greedy", "crasher"):
        assert {f"host/cli/demo_plugins/{plugin}/{name}" for name in ("plugin.toml", "main.py")} <= names


def test_the_installed_host_runs_without_the_source_tree(host_wheel: Path, tmp_path: Path):
    target = tmp_path / "target"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "--no-deps", "--no-index", "--no-compile", "--target", target, host_wheel], check=True
    )
    code = (
        "import runpy, host, sys; print(host.__file__); sys.argv = ['plughost', *sys.argv[1:]]; "
        "runpy.run_module('host.cli.main', run_name='__main__')"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PLUGHOST_")}
    for arguments, expected in (
        (["--version"], f"plughost {RELEASE}"),
        (["validate", target / "host" / "cli" / "demo_plugins" / "hello"], "ok    hello"),
    ):
        shown = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=tmp_path,
            env=environment | {"PYTHONPATH": str(target)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        where, _, said = shown.partition("\n")
        assert Path(where).is_relative_to(target)
        assert said.startswith(expected)


def test_every_line_of_the_lock_is_pinned_by_hashes_and_names_no_index():
    text = LOCK.read_text()
    assert "://" not in text
    assert "index" not in text
    assert "find-links" not in text
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line.partition("#")[0].strip()]
    assert len(lines) > 20
    for line in lines:
        assert re.match(r"[a-z0-9][a-z0-9._-]*(\[[a-z,-]+\])?==\S+ ", line), line
        assert re.search(r" --hash=sha256:[0-9a-f]{64}\b", line), line


def _built(project: Path, into: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", into],
        cwd=project,
        capture_output=True,
        check=True,
    )
    [wheel] = into.glob("*.whl")
    return wheel


def _names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def _read(wheel: Path, name: str) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(name)


def _metadata(wheel: Path) -> email.message.Message:
    [name] = [name for name in _names(wheel) if name.endswith(".dist-info/METADATA")]
    return email.parser.BytesParser().parsebytes(_read(wheel, name))


def _of(names: Iterable[str], folder: str) -> set[str]:
    return {name for name in names if name.startswith(f"{folder}/")}


def _sources(package: str) -> set[str]:
    files = (path for path in (ROOT / package).rglob("*") if path.is_file())
    return {str(path.relative_to(ROOT)) for path in files if "__pycache__" not in path.parts}
