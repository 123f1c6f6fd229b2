"""`plughost` as process 1, in a namespace of processes of its own as a container has one."""

import os
import pty
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.cli.conftest import EXAMPLES, PLUGHOST, Finished, Running, Shell

NAMESPACE = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")


def _refused() -> str:
    """Say why there can be no namespace here; nothing if there can."""
    if shutil.which(NAMESPACE[0]) is None:
        return "there is no unshare"
    tried = subprocess.run([*NAMESPACE, "true"], capture_output=True, text=True, check=False)
    return "" if tried.returncode == 0 else f"no namespace of processes may be made: {tried.stderr.strip()}"


REFUSED = _refused()
pytestmark = pytest.mark.skipif(bool(REFUSED), reason=REFUSED or "it may be")

LEAVES = """
import os
import subprocess

from plugin_sdk import Plugin


class Leaves(Plugin):
    async def on_load(self) -> None:
        # Not to be found by its mark or its group: it belongs to whoever inherits orphans.
        done = subprocess.run(
            ["setsid", "sh", "-c", "sleep 1000 </dev/null >/dev/null 2>&1 & echo $!"],
            env={"PATH": os.environ.get("PATH", os.defpath)}, stdout=subprocess.PIPE, text=True, check=True,
        )
        self.log.info("left", child=int(done.stdout))

    async def on_unload(self) -> None:
        self.log.info("unloading")
"""


@contextmanager
def first(shell: Shell, *arguments: str | Path) -> Generator[Running]:
    """Run a command as process 1."""
    with subprocess.Popen(
        [*NAMESPACE, PLUGHOST, *arguments],
        cwd=shell.folder,
        env=shell.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield Running(process)
        finally:
            process.kill()


def reaper(running: Running) -> psutil.Process:
    """Return process 1, as it is seen from outside."""
    [process] = psutil.Process(running.process.pid).children()
    return process


def host_of(running: Running) -> psutil.Process:
    return next(one for one in reaper(running).children() if "run" in one.cmdline())


def ended(shell: Shell, *arguments: str) -> Finished:
    with first(shell, *arguments) as running:
        return running.end()


def test_orphans_are_reaped_and_the_host_ends_in_order(shell: Shell):
    with first(shell, "run", shell.plugin("leaves", LEAVES), "--data", "data", "--warden", "off") as running:
        running.until(r"left  child=\d+")
        running.until("^all loaded$")
        [orphan] = [one for one in reaper(running).children() if one.name() == "sleep"]
        orphan.kill()
        while psutil.pid_exists(orphan.pid):
            os.sched_yield()
        reaper(running).send_signal(signal.SIGTERM)
        done = running.end()
    assert "unloading" in done.err
    assert "Traceback" not in done.err
    assert done.code == 0


def test_with_a_warden_nothing_is_left_either(shell: Shell):
    with first(shell, "run", EXAMPLES / "hello", EXAMPLES / "streamer", "--data", "data") as running:
        running.until("^all loaded$")
        inside = [one.pid for one in reaper(running).children(recursive=True)]
        reaper(running).send_signal(signal.SIGTERM)
        assert running.end().code == 0
    assert len(inside) >= 3
    assert not [pid for pid in inside if psutil.pid_exists(pid)]


def test_a_hangup_is_passed_on(shell: Shell):
    with first(shell, "run", EXAMPLES / "hello", "--data", "data") as running:
        running.until("^all loaded$")
        reaper(running).send_signal(signal.SIGHUP)
        running.until("settings")
        reaper(running).send_signal(signal.SIGINT)
        assert running.end().code == 130


def test_a_host_that_is_killed_is_told_by_the_exit_code(shell: Shell):
    with first(shell, "run", EXAMPLES / "hello", "--data", "data") as running:
        running.until("^all loaded$")
        host_of(running).kill()
        assert running.end().code == 128 + signal.SIGKILL


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("--version",), 0), (("nonsense",), 2), (("run",), 3), (("ps", "--data", "x"), 6)],
)
def test_the_exit_code_is_that_of_the_command(shell: Shell, arguments: tuple[str, ...], code: int):
    assert ended(shell, *arguments).code == code


def test_whoever_wants_signs_of_life_of_process_1_gets_the_host_s(shell: Shell):
    shell.environment |= {
        "NOTIFY_SOCKET": str(shell.folder / "notify"),
        "WATCHDOG_PID": "1",
        "WATCHDOG_USEC": "600000",
    }
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(shell.environment["NOTIFY_SOCKET"])
        listener.settimeout(20)
        with first(shell, "run", EXAMPLES / "hello", "--data", "data") as running:
            assert listener.recv(4096) == b"READY=1\nSTATUS=1 plugin"
            assert listener.recv(4096) == b"WATCHDOG=1"
            reaper(running).send_signal(signal.SIGTERM)
            assert running.end().code == 0


def test_ctrl_c_reaches_the_host_once_and_ctrl_z_does_not_stop_it(shell: Shell):
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        ["setsid", "-c", *NAMESPACE, PLUGHOST, "run", EXAMPLES / "hello", "--data", "data"],
        cwd=shell.folder,
        env=shell.environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen = ""
    try:
        while not re.search("all loaded", seen):
            seen += os.read(ours, 4096).decode(errors="replace")
        [reaping] = psutil.Process(process.pid).children()
        # What the terminal signals is the host's group, and process 1 is not in it to pass the same on.
        assert os.tcgetpgrp(ours) != os.getpgid(reaping.pid)
        assert os.tcgetpgrp(ours) in [one.pid for one in reaping.children()]
        # Ctrl-Z first: nobody could continue what it stops, and a stopped host takes no Ctrl-C.
        os.write(ours, b"\x1a\x03")
        while part := _read(ours):
            seen += part
        assert process.wait(20) == 130
    finally:
        os.close(ours)
        process.kill()
    assert seen.count("stopping; Ctrl-C again") == 1
    assert "hastening" not in seen


def _read(terminal: int) -> str:
    """Return what comes next; nothing once nobody holds the other end."""
    try:
        return os.read(terminal, 4096).decode(errors="replace")
    except OSError:
        return ""


def test_a_client_from_outside_is_told_that_it_cannot_be_seen(shell: Shell):
    with first(shell, "run", EXAMPLES / "hello", "--data", "data") as running:
        running.until("^all loaded$")
        shown = shell.run("ps", "--data", "data")
        assert shown.code == 5
        assert "processes that the host can see" in shown.err
