"""MonitoredHost: a host in a process of its own, with quiet and chatty plugins, and a monitor beside it.

What it does meanwhile is said in `benchmarks.children.monitored`. While it works, whoever asked takes what
the monitor writes to its terminal.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from benchmarks.child_process import ROOT
from benchmarks.process_tree import end_tree
from benchmarks.pseudo_terminal import PseudoTerminal

START_S = 30.0
LEAVE_S = 10.0

_figures = msgspec.json.Decoder(list[float]).decode


class MonitoredHost:
    """One of them. Use it as a context: leaving it ends the host."""

    def __init__(self, quiet: int, chatty: int = 0) -> None:
        """So many plugins of each kind; ids are `calm-0000` and so on, and `loud-0000`."""
        self._counts = (str(quiet), str(chatty))

    def __enter__(self) -> "MonitoredHost":
        self._folder = tempfile.TemporaryDirectory(prefix="plughost-bench-")
        self.data = self._folder.name
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.children.monitored", *self._counts, self.data],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.pid = self._process.pid
        try:
            self.answer()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:
            try:
                self._process.communicate(timeout=LEAVE_S)
            except (subprocess.TimeoutExpired, OSError, ValueError):
                end_tree(self._process.pid)
        self._folder.cleanup()

    def monitor(self) -> PseudoTerminal:
        """Start `plughost top`, attached to this host."""
        command = Path(sys.executable).with_name("plughost")
        return PseudoTerminal([str(command), "top", "--data", self.data])

    @property
    def answers(self) -> int:
        """The descriptor that can be read once it has answered."""
        return cast("BinaryIO", self._process.stdout).fileno()

    def ask(self, word: str, *numbers: float) -> None:
        """Have it do something; `answer` waits for it."""
        stdin = cast("BinaryIO", self._process.stdin)
        stdin.write(" ".join([word, *map(str, numbers)]).encode() + b"\n")
        stdin.flush()

    def answer(self) -> list[float]:
        """Return the figures of what it was asked for. Raises RuntimeError if it has ended."""
        stdout = cast("BinaryIO", self._process.stdout)
        line = b"" if stdout.closed else stdout.readline()
        if not line:
            raise RuntimeError("the host that is looked at has ended")
        return _figures(line)
