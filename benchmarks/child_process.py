"""A contestant's child: one module of `benchmarks.children` as a process with two pipes."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "benchmarks" / "build"
"""What is built for the benchmarks; not kept in the repository."""

_LEAVE_S = 2.0


class ChildProcess:
    """Leaves when its stdin is closed; killed if it does not."""

    def __init__(
        self, module: str, *arguments: str, environment: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """Start it; `environment` comes on top of this process's own."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"benchmarks.children.{module}", *arguments],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._pipes = (self._process.stdin, self._process.stdout)
        self.pid = self._process.pid
        self.stdin_fd = self._process.stdin.fileno()
        self.stdout_fd = self._process.stdout.fileno()

    def end(self) -> None:
        """Close its pipes and wait for it, which blocks the loop too: nothing is measured meanwhile."""
        for pipe in self._pipes:
            pipe.close()
        try:
            self._process.wait(_LEAVE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
