"""A contestant that is missing, fails or hangs is left out with its reason; the others are measured."""

import sys
from collections.abc import Iterator
from typing import ClassVar

import psutil
import pytest

from benchmarks.contestant import Contestant
from benchmarks.contestants import FloorBlocking, go_plugin, vscode_jsonrpc
from benchmarks.contestants.go_plugin import GoGrpc, GoNetRpc
from benchmarks.contestants.vscode_jsonrpc import VscodeJsonrpc
from benchmarks.outcome import Outcome
from benchmarks.own import Effort
from benchmarks.rounds import Rounds, usual
from benchmarks.rows import MEASUREMENTS, SEQUENTIAL_P50

SEQUENTIAL = MEASUREMENTS[0]


class Scripted(Contestant):
    """A driver that runs a few lines of Python."""

    name = "scripted"
    about = "for this test"
    lines: ClassVar[str]

    @classmethod
    def unavailable(cls) -> str:
        return ""

    @classmethod
    def command(cls) -> list[str]:
        return [sys.executable, "-c", f"import sys\n{cls.lines}"]


class Missing(Scripted):
    @classmethod
    def unavailable(cls) -> str:
        return "it is not installed"


class NeverReady(Scripted):
    lines = "sys.exit('no such library')"


class Hangs(Scripted):
    # Its child holds the pipes and reads no end of anything.
    lines = (
        "import os, subprocess; subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])\n"
        "print('{}', flush=True); os.waitpid(-1, 0)"
    )


class Fails(Scripted):
    lines = (
        "print('{}', flush=True); sys.stdin.readline(); print('{\"failed\": \"out of ideas\"}', flush=True)"
    )


class Chatters(Scripted):
    lines = "print('{}', flush=True); sys.stdin.readline(); print('hello', flush=True); sys.stdin.read()"


class Abandons(Scripted):
    # It ends, and a child of it goes on with nothing that would tell it so.
    lines = (
        "import subprocess as s; program = [sys.executable, '-c', 'import signal; signal.pause()']\n"
        "s.Popen(program, stdin=s.DEVNULL, stdout=s.DEVNULL, start_new_session=True)\n"
        "print('{}', flush=True)"
    )


def measured_beside(other: type[Contestant]) -> tuple[Outcome, list[str]]:
    told: list[str] = []
    effort = Effort(sample_s=0.02, rest_s=0.1)
    before = psutil.Process().children(recursive=True)
    with Rounds([other, FloorBlocking], [SEQUENTIAL], effort, told.append, spare_s=0.5) as run:
        run.run(2, 20.0, usual)
    assert psutil.Process().children(recursive=True) == before
    return run.outcome, told


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (Missing, "it is not installed"),
        (NeverReady, "its driver ended; the end of its stderr: no such library"),
        (Hangs, "round 1, sequential: no answer within 0.52 s"),
        (Fails, "round 1, sequential: out of ideas"),
        (Chatters, "no answer but b'hello'"),
        (Abandons, "round 1, sequential: its driver"),
    ],
)
def test_it_is_left_out_with_the_reason_and_costs_nobody_else(other: type[Contestant], reason: str):
    outcome, told = measured_beside(other)
    assert reason in outcome.left_out["scripted"]
    assert any(line.startswith("scripted is left out: ") for line in told)
    assert reason in outcome.why_absent("scripted", SEQUENTIAL_P50)
    assert len(outcome.samples(FloorBlocking.name, SEQUENTIAL_P50)) == outcome.rounds == 2


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine on which no program is found."""
    monkeypatch.setenv("PATH", "")
    for looked in (go_plugin.built, vscode_jsonrpc.installed):
        looked.cache_clear()
    yield
    for looked in (go_plugin.built, vscode_jsonrpc.installed):
        looked.cache_clear()


@pytest.mark.usefixtures("bare_machine")
def test_without_its_compiler_or_runtime_a_contestant_says_what_is_missing():
    assert GoNetRpc.unavailable() == GoGrpc.unavailable() == "there is no Go compiler (Debian: golang)"
    assert VscodeJsonrpc.unavailable() == "there is no node with npm"


def test_no_sample_is_begun_after_the_time_is_over():
    told: list[str] = []
    with Rounds([FloorBlocking], [SEQUENTIAL], Effort(0.02, 0.1), told.append) as run:
        run.run(2, 0.0, usual)
    assert not run.outcome.samples(FloorBlocking.name, SEQUENTIAL_P50)
    assert told[-1] == "the time is over, after 0 whole rounds"
