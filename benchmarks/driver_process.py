"""One contestant's driver, as the rounds hold it: asked, or given up, and ended with all that it started."""

import os
import select
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from benchmarks.child_process import ROOT
from benchmarks.contestant import Absent, Contestant
from benchmarks.process_tree import end_tree, tree

_READY_S = 30.0
"""Longest time until its standing child has answered."""

_LEAVE_S = 10.0
"""How long it may take to end its children once its stdin is closed."""


class DriverLost(Exception):
    """A driver failed, or did not answer in time; nothing it says from now on is worth anything."""


class Answer(msgspec.Struct):
    """A line of a driver; see `benchmarks.contestant`."""

    figures: list[float] = []
    pids: list[int] = []
    absent: str = ""
    failed: str = ""


_decode = msgspec.json.Decoder(Answer).decode


class DriverProcess:
    """Runs from its making until `end`."""

    def __init__(self, contestant: type[Contestant], log: Path) -> None:
        """Start it; `log` takes its stderr."""
        self.name = contestant.name
        self._log = log
        self._held = b""
        with log.open("wb") as stderr:
            self._process = subprocess.Popen(
                contestant.command(),
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                bufsize=0,
                # Nothing that it leaves in a temporary folder outlives the run's own.
                env={**os.environ, "TMPDIR": str(log.parent)},
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout

    def ready(self) -> None:
        """Wait for the first answer.

        Raises:
            DriverLost: Its child could not be started, or not in time.
        """
        self._answer("its start", _READY_S)

    def ask(self, word: str, seconds: float, count: int, within_s: float) -> Answer:
        """Have a sample taken.

        Raises:
            Absent: It can't do that.
            DriverLost: It failed, or gave no answer within `within_s`.
        """
        try:
            self._stdin.write(f"{word} {seconds} {count}\n".encode())
        except OSError as exc:
            raise DriverLost(f"{word}: its driver is gone ({exc}){self._last_line()}") from None
        answer = self._answer(f"{word} {count}" if count else word, within_s)
        if answer.absent:
            raise Absent(answer.absent)
        return answer

    def share_one_cpu(self, shared: bool) -> None:
        """Keep host and child on one CPU, or let them go everywhere again.

        Raises:
            Absent: This operating system does not let processes be kept anywhere.
        """
        if sys.platform != "linux":
            raise Absent("this operating system does not bind processes to a CPU")
        allowed = sorted(os.sched_getaffinity(0))
        for pid in tree(self._process.pid):
            try:
                os.sched_setaffinity(pid, allowed[-1:] if shared else allowed)
            except ProcessLookupError:
                continue

    def ask_to_leave(self) -> None:
        """Close its stdin; `end` waits for it."""
        self._stdin.close()

    def end(self) -> None:
        """Have it leave, and kill what is left of it."""
        self._stdin.close()
        try:
            self._process.wait(_LEAVE_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self._stdout.close()

    def kill(self) -> None:
        """End it and all that it started, at once."""
        end_tree(self._process.pid)
        self._process.wait()
        self._stdin.close()
        self._stdout.close()

    def _answer(self, asked: str, within_s: float) -> Answer:
        until_s = time.monotonic() + within_s
        while b"\n" not in self._held:
            ready, _, _ = select.select([self._stdout], [], [], max(0.0, until_s - time.monotonic()))
            if not ready:
                raise DriverLost(f"{asked}: no answer within {within_s:g} s{self._last_line()}")
            data = os.read(self._stdout.fileno(), 65536)
            if not data:
                raise DriverLost(f"{asked}: its driver ended{self._last_line()}")
            self._held += data
        line, _, self._held = self._held.partition(b"\n")
        try:
            answer = _decode(line)
        except msgspec.MsgspecError as exc:
            raise DriverLost(f"{asked}: no answer but {line[:80]!r} ({exc})") from None
        if answer.failed:
            raise DriverLost(f"{asked}: {answer.failed}")
        return answer

    def _last_line(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f"; the end of its stderr: {last[:200]}" if last else ""
