"""What the warden learns of other processes."""

import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager

import pytest

if sys.platform != "linux":
    pytest.skip("needs /proc", allow_module_level=True)

from plugin_sdk.runtime import processes

ENTRY = b"PLUGHOST_SESSION=0123456789abcdef"
WINDOW = processes._WINDOW_BYTES
ABSENT_PID = 2**22 + 1
"""More than the kernel gives."""


@contextmanager
def process(environment: list[bytes]) -> Generator[int]:
    pairs = dict(entry.split(b"=", 1) for entry in environment)
    pipe = subprocess.PIPE
    with subprocess.Popen(["/bin/cat"], env=pairs, stdin=pipe, stdout=pipe, bufsize=0) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        # Only a program that runs has its environment for sure.
        child.stdin.write(b"x")
        assert child.stdout.read(1) == b"x"
        yield child.pid
        child.stdin.close()


@pytest.mark.parametrize("others", [[], [b"A=1"], [b"A=1", b"PLUGHOST_PLUGIN_ID=one"]])
def test_a_mark_is_found_wherever_it_stands(others: list[bytes]) -> None:
    for environment in ([ENTRY, *others], [*others, ENTRY]):
        with process(environment) as pid:
            assert processes.carries(pid, ENTRY)


@pytest.mark.parametrize("offset", [-len(ENTRY) - 1, -len(ENTRY), -20, -1, 0, 1])
def test_a_mark_is_found_across_the_edge_of_what_is_looked_at_at_once(offset: int) -> None:
    sizes = [100_000, 100_000, WINDOW + offset - 200_000]
    filling = [b"%c=" % (65 + index) + b"x" * (size - 3) for index, size in enumerate(sizes)]
    with process([*filling, ENTRY, b"Z=1"]) as pid:
        assert processes.carries(pid, ENTRY)


@pytest.mark.parametrize("entry", [b"X" + ENTRY, ENTRY + b"0", b"A=" + ENTRY, ENTRY[:-1]])
def test_what_only_resembles_a_mark_is_none(entry: bytes) -> None:
    with process([entry]) as pid:
        assert not processes.carries(pid, ENTRY)


def test_who_is_not_there_has_no_mark_no_children_and_no_figures() -> None:
    assert not processes.carries(ABSENT_PID, ENTRY)
    assert [*processes.children_of(ABSENT_PID)] == []
    assert processes.stat_of(ABSENT_PID) == []


def test_who_is_between_two_programs_is_told_from_who_has_no_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with process([]) as pid:
        assert not processes.is_between_programs(pid)
        fields = processes.stat_of(pid)
    assert not processes.is_between_programs(ABSENT_PID)
    ended = subprocess.Popen(["/bin/true"])
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    assert not processes.is_between_programs(ended.pid)
    ended.wait()

    def pretend(start_code: bytes) -> None:
        shown = [*fields[:23], start_code, *fields[24:45], b"0", b"0", b"0", b"0", *fields[49:]]

        def stat_of(_pid: int) -> list[bytes]:
            return shown

        monkeypatch.setattr(processes, "stat_of", stat_of)

    pretend(b"0")
    assert processes.is_between_programs(1)
    pretend(b"1")
    assert not processes.is_between_programs(1), "it is another user's"


def test_children_are_found_with_and_without_the_kernels_list(monkeypatch: pytest.MonkeyPatch) -> None:
    with process([ENTRY]) as pid:
        assert pid in processes.children_of(os.getpid())
        monkeypatch.setattr(processes, "_LISTS_CHILDREN", False)
        assert pid in processes.children_of(os.getpid())


def test_the_machine_was_started_in_the_past() -> None:
    assert 0.0 < processes.boot_time_s() < time.time() + 1.0
