"""Whoever reads what commands print may leave early, have no room, or know few characters."""

import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import PLUGHOST, Finished, Shell
from tests.cli.test_attached import host

LISTS = (
    ("ps",),
    ("ps", "--watch", "--every", "0.1"),
    ("events", "-f"),
    ("logs",),
    ("events", "lag"),
    ("host",),
    ("info", "hello"),
    ("restart", "--all", "--json"),
    ("perms", "list"),
    ("metrics",),
)


def read_by_nobody(shell: Shell, *arguments: str) -> Finished:
    """Run a command whose reader has left before anything was printed."""
    with shell.start(*arguments) as running:
        assert running.process.stdout is not None
        running.process.stdout.close()
        running.process.stdout = None
        return running.end()


def test_a_reader_that_leaves_is_no_error_to_be_told(shell: Shell):
    with host(shell, "hello"):
        for arguments in LISTS:
            done = read_by_nobody(shell, *arguments, "--data", "data")
            assert (done.code, done.err) == (1, ""), arguments


def test_a_short_listing_without_a_reader_ends_as_a_long_one_does(shell: Shell):
    done = read_by_nobody(shell, "version")
    assert (done.code, done.err) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk is full here")
def test_a_disk_that_is_full_is_said_in_one_line(shell: Shell):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [PLUGHOST, "version"],
            env=shell.environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "error: what was printed is not whole: No space left on device\n"


def test_a_locale_without_a_character_gets_it_written_out(shell: Shell):
    with host(shell, "hello"):
        done = shell.run("info", "hello", "--data", "data", PYTHONIOENCODING="ascii")
    assert done.code == 0
    assert "\\u2013" in done.out


def test_off_a_terminal_nothing_is_coloured(shell: Shell):
    with host(shell, "hello"):
        for variables in ({}, {"NO_COLOR": "1"}, {"TERM": "xterm-256color", "COLORTERM": "truecolor"}):
            for arguments in (("ps",), ("host",), ("problems",), ("logs",), ("info", "hello")):
                assert "\x1b" not in shell.run(*arguments, "--data", "data", **variables).out, arguments
