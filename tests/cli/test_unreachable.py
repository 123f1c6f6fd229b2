"""A host that can't be asked: each reason is told by its own code, with what to do."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import PLUGHOST, Shell
from tests.cli.test_attached import host

NOBODY = 65534


def test_a_socket_whose_path_is_too_long_is_said_with_its_bound(shell: Shell):
    done = shell.run("ps", "--socket", "/tmp/" + "x" * 200)
    assert done.code == 3
    assert "205 bytes, a socket's may have 103" in done.err
    assert "what to do: name the data folder instead" in done.err


def test_a_data_folder_with_a_long_path_is_reached_all_the_same(shell: Shell):
    data = "d" * 120
    with host(shell, "hello", options=("--data", data)):
        assert shell.run("ps", "-q", "--data", data).out == "hello\n"


def test_what_a_host_left_behind_is_no_host(shell: Shell):
    with host(shell, "hello") as running:
        running.process.kill()
        running.end()
        done = shell.run("ps", "--data", "data")
    assert done.code == 6
    assert "is gone" in done.err
    assert "what to do: start one" in done.err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_another_user_is_told_who_may(shell: Shell):
    if _as_somebody_else(shell, "--version") is None:
        pytest.skip("nobody else may run what is installed here")
    with host(shell, "hello"):
        tried = _as_somebody_else(shell, "ps", "--socket", str(shell.folder / "data" / "control" / "socket"))
    assert tried is not None
    assert tried.returncode == 5, tried.stderr
    assert "error [denied]" in tried.stderr
    assert "what to do: run this as the user that runs the host, or as root" in tried.stderr


def _as_somebody_else(shell: Shell, *arguments: str) -> "subprocess.CompletedProcess[str] | None":
    """Run a command as another user; None if that user can't even start it."""
    try:
        return subprocess.run(
            [PLUGHOST, *arguments],
            cwd="/",
            env=shell.environment | {"HOME": "/nonexistent"},
            user=NOBODY,
            extra_groups=[],
            capture_output=True,
            text=True,
            check=False,
        )
    except PermissionError:
        return None


def test_without_a_host_programs_get_json(shell: Shell):
    for option in ("--json", "--jsonl"):
        done = shell.run("ps", "--data", "nowhere", option)
        assert (done.code, done.out) == (6, "")
        assert json.loads(done.err)["error"]["code"] == "no_host"


def test_near_misses_of_methods_options_and_subcommands_are_named(shell: Shell):
    with host(shell, "hello"):
        called = shell.run("call", "hello", "greeet", "--data", "data")
        assert called.code == 4
        assert "did you mean greet?" in called.err
        assert shell.run("stream", "hello", "gret", "--data", "data").code == 4
    assert "Did you mean '--filter'?" in shell.run("ps", "--fliter", "x").err
    assert "Did you mean 'get'?" in shell.run("config", "gett").err
    assert not Path(shell.folder / "nowhere").exists()
