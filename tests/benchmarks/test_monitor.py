"""What measures the monitor: the terminal around a command, and the host beside it."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from benchmarks.children.monitored import of_moments, p99_us
from benchmarks.monitored_host import MonitoredHost
from benchmarks.programs.monitor_rest import FIRST_S, first_picture_ms
from benchmarks.pseudo_terminal import PseudoTerminal, is_shown

WAIT_S = 20.0
RAW = "import os, sys, time, tty; tty.setraw(0); "


def program(lines: str, *, leave_s: float = WAIT_S) -> PseudoTerminal:
    """Run a few lines of Python in a terminal that passes keys on as they come."""
    return PseudoTerminal([sys.executable, "-c", RAW + lines], leave_s=leave_s)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (r"\x1b[?2026$p", r"b'\x1b[?2026;2$y'"),
        (r"\x1b[?2048$p", r"b'\x1b[?2048;0$y'"),
        (r"\x1b[c", r"b'\x1b[?62;22c'"),
        (r"\x1b[6n", r"b'\x1b[1;1R'"),
    ],
)
def test_a_question_is_answered_as_terminals_do(question: str, answer: str):
    with program(
        f"os.write(1, b'{question}'); print('answer', os.read(0, 99), 'end'); os.read(0, 1)"
    ) as terminal:
        terminal.shows(f"answer {answer} end", WAIT_S)


def test_a_question_that_comes_in_two_parts_is_answered_once():
    with program(
        r"os.write(1, b'one\x1b[?20'); os.read(0, 1); os.write(1, b'26$p');"
        "print('answer', os.read(0, 99), 'end'); os.read(0, 1)"
    ) as terminal:
        terminal.shows("one", WAIT_S)
        terminal.press(b"x")
        terminal.shows(r"answer b'\x1b[?2026;2$y' end", WAIT_S)


def test_the_command_has_the_terminal_s_size():
    with program("print(*os.get_terminal_size(), 'cells'); os.read(0, 1)") as terminal:
        terminal.shows("120 36 cells", WAIT_S)


def test_what_was_written_before_a_key_is_not_what_the_key_shows():
    with program("os.write(1, b'old'); os.read(0, 1); os.write(1, b'new'); os.read(0, 1)") as terminal:
        terminal.shows("old", WAIT_S)
        pressed_s = terminal.press(b"x")
        assert terminal.shows("new", WAIT_S) > pressed_s
        assert b"old" not in terminal.written


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (b"a row", True),
        (b"a line", False),
        (b"\x1b[?2026ha row", False),
        (b"\x1b[?2026ha row\x1b[?2026l", True),
        (b"\x1b[?2026h\x1b[?2026la row", True),
        (b"\x1b[?2026hno\x1b[?2026l\x1b[?2026ha row", False),
    ],
)
def test_a_text_is_shown_once_all_is_that_comes_with_it(written: bytes, shown: bool):
    assert is_shown(written, b"row") is shown


def test_a_command_that_writes_more_than_a_terminal_holds_goes_on_while_something_else_is_waited_for():
    ours, theirs = os.pipe()
    # It writes to the pipe once it has written a megabyte to its terminal.
    lines = f"os.write(1, b'x' * 1_000_000); os.write({theirs}, b'done'); os.read(0, 1)"
    try:
        with PseudoTerminal([sys.executable, "-c", RAW + lines], pass_fds=(theirs,)) as terminal:
            terminal.rest_until(ours, WAIT_S)
            assert os.read(ours, 9) == b"done"
            with pytest.raises(RuntimeError, match=r"nothing was answered within 0.05 s"):
                terminal.rest_until(ours, 0.05)
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize(
    ("lines", "why"), [("print('bye')", "the command is over"), ("os.read(0, 1)", "not within 0.3 s")]
)
def test_what_is_never_shown_is_said_with_the_reason(lines: str, why: str):
    with program(lines) as terminal, pytest.raises(RuntimeError, match=f"row was not shown: {why}"):
        terminal.shows("row", 0.3 if "within" in why else WAIT_S)


@pytest.mark.parametrize(
    "lines",
    [
        "print('pid', os.getpid(), '.'); os.read(0, 1)",
        "print('pid', os.getpid(), '.'); [os.read(0, 1) for _ in iter(int, 1)]",
    ],
    ids=["leaves by the key", "does not leave"],
)
def test_nothing_is_left_of_a_command(lines: str):
    with program(lines, leave_s=0.3 if "for" in lines else WAIT_S) as terminal:
        terminal.shows(" .", WAIT_S)
        pid = int(terminal.written.split()[1])
        assert psutil.pid_exists(pid)
    assert not psutil.pid_exists(pid)


def test_a_call_that_is_held_up_counts_for_those_that_it_would_have_held_up():
    quick, held_up_ns = [50_000] * 990, 10_000_000
    assert p99_us([*quick, held_up_ns]) == 50.0
    moments = of_moments([*quick, held_up_ns])
    assert len(moments) == 990 + 100
    assert p99_us(moments) > 8_000
    assert of_moments(quick) == quick


@pytest.fixture(scope="module")
def host() -> Iterator[MonitoredHost]:
    with MonitoredHost(3, 2) as host:
        yield host


def test_the_monitor_is_seen_with_the_plugins_and_takes_cpu(host: MonitoredHost):
    with host.monitor() as terminal:
        assert first_picture_ms(terminal, 3) > 0
        assert terminal.cpu_s() > 0
        host.ask("calls", 0.05)
        terminal.rest_until(host.answers, WAIT_S)
        calls_us, moments_us = host.answer()
    assert calls_us > 0
    assert moments_us > 0


def test_lines_of_chatty_plugins_come_to_the_log_and_reach_the_monitor(host: MonitoredHost):
    with host.monitor() as terminal:
        first_picture_ms(terminal, 3)
        host.ask("chatter", 100, 1.0)
        terminal.shows("more than its budget of 50 ms", FIRST_S)
        terminal.rest_until(host.answers, WAIT_S)
        lines, lost, took_s = host.answer()
    assert (lines, lost) == (100.0, 0.0)
    assert took_s > 0


def test_a_host_is_gone_with_its_data_after_use():
    with MonitoredHost(1) as host:
        pid, data = host.pid, Path(host.data)
        assert psutil.pid_exists(pid)
        assert data.is_dir()
    assert not psutil.pid_exists(pid)
    assert not data.exists()
    with pytest.raises(RuntimeError, match="has ended"):
        host.answer()
