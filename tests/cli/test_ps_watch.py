"""`plughost ps --watch`, on a terminal and off it."""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from tests.cli.conftest import PLUGHOST, Shell
from tests.cli.test_attached import host

QUICK = ("--data", "data", "--watch", "--every", "0.1")


class Terminal:
    """A command on a terminal; what it writes is read up to what is waited for."""

    def __init__(self, process: "subprocess.Popen[bytes]", ours: int) -> None:
        self.process = process
        self._ours = ours
        self.seen = ""

    def until(self, pattern: str, behind: int = 0) -> re.Match[str]:
        while (found := re.search(pattern, self.seen[behind:])) is None:
            assert self.read(), f"no {pattern!r} in {self.seen!r}"
        return found

    def read(self) -> bool:
        try:
            part = os.read(self._ours, 65536)
        except OSError:
            return False
        self.seen += part.decode()
        return bool(part)

    def press(self, key: bytes) -> None:
        os.write(self._ours, key)

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def end(self) -> int:
        while self.read():
            pass
        return self.process.wait(20)


@contextmanager
def on_terminal(shell: Shell, *arguments: str, term: str = "xterm") -> Generator[Terminal]:
    ours, theirs = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))
    environment = {**shell.environment, "TERM": term}
    environment.pop("COLUMNS", None)
    environment.pop("LINES", None)
    process = subprocess.Popen(
        ["setsid", "-c", PLUGHOST, *arguments],
        cwd=shell.folder,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def test_a_terminal_is_drawn_on_in_place_until_ctrl_c(shell: Shell):
    with host(shell), on_terminal(shell, "ps", *QUICK) as terminal:
        old = terminal.until(r"hello +\S+ +active +(\d+)")[1]
        assert shell.run("restart", "hello", "--data", "data").code == 0
        terminal.until(rf"hello +\S+ +active +(?!{old}\b)\d+")
        terminal.press(b"\x03")
        assert terminal.end() == 0
    before, _, after = terminal.seen.partition("\x1b[?1049l")
    assert before.startswith("\x1b[?1049h\x1b[?25l")
    # Nothing is erased before it is written over, or it would flicker.
    assert "\x1b[2J" not in before
    assert before.endswith("\x1b[?25h")
    assert [line.split()[0] for line in after.splitlines()] == ["3", "PLUGIN", "crasher", "hello", "streamer"]


def test_what_has_no_room_is_cut_and_said(shell: Shell):
    with host(shell), on_terminal(shell, "ps", *QUICK) as terminal:
        terminal.until("streamer")
        terminal.resize(30, 4)
        behind = len(terminal.seen)
        picture = terminal.until(r"\x1b\[H(((?!\x1b\[H)[\s\S])*2 more lines; [\s\S]*?)\x1b\[J", behind)[1]
        lines = [line.removesuffix("\x1b[K") for line in picture.split("\r\n")]
        assert len(lines) == 4
        assert max(map(len, lines)) == 30
        terminal.press(b"\x03")
        assert terminal.end() == 0


def test_a_terminal_is_given_back_when_the_host_ends(shell: Shell):
    with host(shell) as running, on_terminal(shell, "ps", *QUICK) as terminal:
        terminal.until("streamer")
        running.signal(signal.SIGTERM)
        assert terminal.end() == 6
    after = terminal.seen.partition("\x1b[?25h\x1b[?1049l")[2]
    assert "error [" in after
    assert "Traceback" not in after


def test_a_terminal_that_can_do_nothing_gets_plain_tables(shell: Shell):
    with host(shell, "hello"), on_terminal(shell, "ps", *QUICK, term="dumb") as terminal:
        terminal.until("PLUGIN[^~]*PLUGIN")
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.end() == 0
    assert "\x1b" not in terminal.seen


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_elsewhere_each_picture_is_a_line_of_json(shell: Shell, number: signal.Signals):
    with host(shell, "hello"), shell.start("ps", *QUICK, "--json", "--filter", "hello") as running:
        old = json.loads(running.item())[0]["pid"]
        shell.run("restart", "hello", "--data", "data")
        while json.loads(running.item())[0]["pid"] in (old, None):
            pass
        running.signal(number)
        assert running.end().code == 0


def test_elsewhere_tables_follow_each_other(shell: Shell):
    with host(shell, "hello"), shell.start("ps", *QUICK) as running:
        assert running.item().startswith("PLUGIN")
        assert running.item().startswith("hello")
        assert running.item() == ""
        assert running.item().startswith("PLUGIN")
        running.signal(signal.SIGINT)
        done = running.end()
    assert (done.code, done.err) == (0, "")
    assert "\x1b" not in done.out


def test_a_filter_that_cannot_be_read_takes_no_screen(shell: Shell):
    with on_terminal(shell, "ps", *QUICK, "--filter", "cpu>>2") as terminal:
        assert terminal.end() == 2
    assert "the filter can't be read" in terminal.seen
    assert "\x1b[?1049h" not in terminal.seen
