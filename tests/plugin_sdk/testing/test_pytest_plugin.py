"""The pytest plugin, in pytest runs of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

MAIN = """\
from plugin_sdk import Plugin, method


class Sample(Plugin):
    async def on_load(self) -> None:
        self.log.info("loaded")

    @method
    async def greet(self, name: str) -> str:
        self.log.warning("greeting", who=name)
        return f"{self.config.get('word', 'Hello')}, {name}"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plugin.toml").write_text('id = "sample"\nversion = "1.0.0"\nentry_point = "main:Sample"\n')
    (tmp_path / "main.py").write_text(MAIN)
    (tmp_path / "tests").mkdir()
    return tmp_path


def run(folder: Path, test: str, *options: str) -> "subprocess.CompletedProcess[str]":
    (folder / "tests" / "test_sample.py").write_text(test)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PLUGHOST_", "PYTEST_", "COV_"))}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "--no-header"]
    return subprocess.run(
        [*command, *_plugin(), *options, "tests"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def _plugin() -> list[str]:
    from importlib.metadata import entry_points

    installed = any(one.name == "plughost" for one in entry_points(group="pytest11"))
    return [] if installed else ["-p", "plugin_sdk.testing.pytest_plugin"]


GREETS = "async def test_greets(plugin):\n    assert await plugin.call('greet', name='Ada') == 'Hello, Ada'\n"


@pytest.mark.parametrize("mode", ["memory", "process"])
def test_a_coroutine_test_runs_in_either_mode(mode: str, folder: Path):
    done = run(folder, GREETS, f"--plughost={mode}")
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_a_failure_shows_what_the_plugin_logged(folder: Path):
    done = run(folder, GREETS.replace("Hello, Ada", "Bye"))
    assert done.returncode == 1
    assert "What the plugin logged" in done.stdout
    assert "warning: greeting {'who': 'Ada'}" in done.stdout


def test_live_without_a_host_is_refused_clearly(folder: Path):
    done = run(folder, GREETS, "--plughost=live")
    assert done.returncode == 1
    assert "--plughost-data=DIR" in done.stdout


def test_a_test_that_is_not_for_a_mode_is_skipped(folder: Path):
    test = "import pytest\n@pytest.mark.plughost(modes=['memory'])\n" + GREETS
    done = run(folder, test, "--plughost=process", "-rs")
    assert "1 skipped" in done.stdout
    assert "not in the mode process; it is for memory" in done.stdout


def test_marks_give_folder_and_configuration(folder: Path):
    other = folder / "elsewhere"
    other.mkdir()
    for name in ("plugin.toml", "main.py"):
        (folder / name).rename(other / name)
    test = (
        "import pytest\npytestmark = pytest.mark.plughost(plugin='elsewhere')\n"
        "@pytest.mark.plughost(config={'word': 'Hi'})\n" + GREETS.replace("Hello", "Hi")
    )
    assert "1 passed" in run(folder, test).stdout
    assert "1 passed" in run(folder, GREETS, "-o", "plughost_plugin=elsewhere").stdout
    nobody = run(folder, GREETS)
    assert "no plugin: there is no plugin.toml" in nobody.stdout


def test_a_test_that_hangs_is_ended_and_named(folder: Path):
    test = "import asyncio\nasync def test_hangs(plugin):\n    await asyncio.Event().wait()\n"
    done = run(folder, test, "-o", "plughost_timeout_s=0.5")
    assert done.returncode == 1
    assert "test_hangs did not end within 0.5 s" in done.stdout


def test_a_coroutine_test_needs_no_fixture_where_it_is_marked(folder: Path):
    test = "import pytest\n@pytest.mark.plughost\nasync def test_it():\n    pass\n"
    assert "1 passed" in run(folder, test).stdout


def test_plain_tests_and_other_loops_are_left_alone(folder: Path):
    test = (
        "import anyio, pytest\n\n"
        "def test_plain(plugin, fake_host, clock):\n    assert fake_host.messages() == ['loaded']\n\n"
        "@pytest.mark.anyio\nasync def test_of_anyio():\n    await anyio.sleep(0)\n\n"
        "@pytest.mark.anyio\nasync def test_both(plugin):\n    assert plugin.mode == 'memory'\n"
    )
    done = run(folder, test)
    assert done.returncode == 0, done.stdout


def test_the_plugin_needs_pytest_msgspec_and_the_standard_library_alone():
    code = (
        "import sys; import pytest; before = set(sys.modules); import plugin_sdk.testing.pytest_plugin, "
        "plugin_sdk.testing.harness, plugin_sdk.testing.memory, plugin_sdk.testing.remote, "
        "plugin_sdk.testing.conformance; "
        "print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    foreign = {
        name for name in shown.split() if name not in sys.stdlib_module_names and not name.startswith("_")
    }
    assert foreign <= {"plugin_sdk", "protocol", "msgspec", "typing_extensions"}
