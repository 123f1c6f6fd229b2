"""Where output goes that is no terminal, is closed, or is a file."""

import os
import pty
import subprocess

from tests.cli.conftest import EXAMPLES, PLUGHOST, Shell


def test_the_monitor_needs_a_terminal(shell: Shell):
    for words in (("top", "--data", "data"), ("run", str(EXAMPLES / "hello"), "--tui", "--data", "data")):
        done = shell.run(*words)
        assert done.code == 2
        assert "the monitor needs a terminal" in done.err


def test_the_monitor_says_so_where_its_picture_would_go_into_a_file(shell: Shell):
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run(
            [PLUGHOST, "top", "--data", "data"],
            cwd=shell.folder,
            env=shell.environment,
            stdin=theirs,
            stdout=theirs,
            stderr=subprocess.PIPE,
            text=True,
            timeout=30,
            check=False,
        )
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == 2
    assert "draws its picture on stderr" in done.stderr
    assert "leave the redirection out" in done.stderr
    assert "\x1b" not in done.stderr


def test_a_closed_stdout_is_no_traceback(shell: Shell):
    line = f"{PLUGHOST} version >&-"
    done = subprocess.run(
        ["sh", "-c", line], env=shell.environment, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
