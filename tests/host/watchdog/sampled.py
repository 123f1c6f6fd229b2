"""What samplers are tried on: a real process that does what it is told, and one sampler that watches it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import psutil

from host.watchdog.psutil_reader import PsutilReader
from host.watchdog.sample import Sample
from host.watchdog.sampler import Sampler

NO_SOFT_LIMIT = 1 << 60

CHILD = """
import os, signal, sys, threading, time

kept = []

def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass

def fork(work="", then="signal.pause()"):
    ready, tell = os.pipe()
    pid = os.fork()
    if not pid:
        exec(work)
        os.write(tell, b"!")
        exec(then)
        os._exit(0)
    os.read(ready, 1)
    os.close(ready)
    os.close(tell)
    return pid

def end(pid):
    os.kill(pid, signal.SIGKILL)
    try:
        os.waitpid(pid, 0)
    except ChildProcessError:
        pass  # with SIGCHLD ignored, this comes once the child is gone

print("ready", flush=True)
for line in sys.stdin:
    exec(line)
    print("done", flush=True)
"""


class Child:
    """A process that does what it is told, a line of Python at a time, and says when it is done."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-c", CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.pid = self.process.pid
        self._expect("ready")

    def do(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        self._expect("done")

    def _expect(self, word: str) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == f"{word}\n"

    def close(self) -> None:
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.communicate()


class Watch:
    """One sampler on one child."""

    def __init__(self, child: Child, soft_memory: int = NO_SOFT_LIMIT) -> None:
        self.child = child
        self.sampler = Sampler(reader=PsutilReader())
        self._soft_memory = soft_memory

    def sweep(self) -> Sample | None:
        return self.sampler.sweep({"run": self.child.pid}, {"run": self._soft_memory}).get("run")

    def sample(self) -> Sample:
        sample = self.sweep()
        assert sample is not None
        return sample


def cpu_seconds(earlier: Sample, later: Sample) -> float:
    assert later.cpu_cores is not None
    return later.cpu_cores * (later.at_s - earlier.at_s)


def pids(sample: Sample) -> list[int]:
    return [key.pid for key in sample.tree]


def refuse(*_: object) -> Any:
    raise psutil.AccessDenied


def always(answer: object) -> Callable[[object], object]:
    """Return a method that gives this answer."""

    def method(_: object) -> object:
        return answer

    return method
