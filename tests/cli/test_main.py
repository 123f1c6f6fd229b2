import os
import subprocess
import sys

import pytest

from protocol.version import RELEASE
from tests.cli.conftest import Shell

HEAVY = {"asyncio", "anyio", "fastapi", "msgspec", "psutil", "pydantic", "textual"}
SLOW = {"jinja2", "jsonrpcserver", "jsonschema", "psutil", "pydantic", "rich", "sqlite3", "textual", "yaml"}
REPORT_MODULES = """
import sys
from host.cli.main import main
sys.argv = ["plughost", *sys.argv[1:]]
try:
    main()
finally:
    print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


def test_the_version_is_that_of_the_release(shell: Shell):
    shown = shell.run("--version")
    assert (shown.code, shown.out) == (0, f"plughost {RELEASE}\n")


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_what_needs_no_host_loads_none_of_the_host(option: str):
    done = subprocess.run(
        [sys.executable, "-c", REPORT_MODULES, option], capture_output=True, text=True, check=True
    )
    loaded = set(done.stderr.split())
    assert "click" in loaded
    assert not loaded & HEAVY


def test_a_look_at_a_host_loads_nothing_of_what_runs_one(shell: Shell):
    done = subprocess.run(
        [sys.executable, "-c", REPORT_MODULES, "ps", "--data", shell.folder / "nowhere"],
        # What measures coverage loads modules of its own.
        env={name: value for name, value in os.environ.items() if not name.startswith("COV")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 6
    loaded = set(done.stderr.splitlines()[-1].split())
    assert {"anyio", "msgspec"} <= loaded
    assert not loaded & SLOW


def test_help_lists_every_command(shell: Shell):
    for option in ("--help", "-h"):
        shown = shell.run(option)
        assert shown.code == 0
        for command in ("call", "config", "demo", "run", "perms", "stubs", "validate"):
            assert f"\n  {command} " in shown.out


@pytest.mark.parametrize("command", ["call", "config", "demo", "run", "perms", "stubs", "validate"])
def test_every_command_explains_itself(shell: Shell, command: str):
    shown = shell.run(command, "--help")
    assert shown.code == 0
    assert shown.out.startswith(f"Usage: plughost {command} ")


def test_without_a_command_the_help_is_shown_and_it_counts_as_misuse(shell: Shell):
    shown = shell.run()
    assert shown.code == 2
    assert "Commands:" in shown.err


def test_a_misspelt_command_is_told_the_near_one(shell: Shell):
    shown = shell.run("validat")
    assert shown.code == 2
    assert "There is no command 'validat'. Did you mean validate?" in shown.err


def test_a_command_like_no_other_gets_no_hint(shell: Shell):
    shown = shell.run("xyzzy")
    assert shown.code == 2
    assert "There is no command 'xyzzy'." in shown.err
    assert "Did you mean" not in shown.err


def test_an_unknown_option_is_misuse(shell: Shell):
    shown = shell.run("run", "--nonsense")
    assert shown.code == 2
    assert "--nonsense" in shown.err


def test_a_reader_that_leaves_early_gets_no_traceback(shell: Shell):
    with shell.start("config", "host") as running:
        assert running.process.stdout is not None
        running.process.stdout.close()
        running.process.stdout = None
        assert "Traceback" not in running.end().err
