"""A process that does what it is told, a line of Python at a time.

Run as a program, this file is that process; imported, it starts one. Each line is answered once it was done.
"""

import ast
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

MARK = "PLUGHOST_SESSION"
SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER."""

CLONE3 = 435
"""The system call's number, on every architecture."""


class Obedient:
    """One such process, in a process group of its own."""

    def __init__(self, mark: str | None = None) -> None:
        """`mark`: the session that its environment names."""
        environment = {name: value for name, value in os.environ.items() if name != MARK}
        self.process = subprocess.Popen(
            [sys.executable, "-I", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env=environment if mark is None else environment | {MARK: mark},
        )
        self.pid = self.process.pid
        assert self._answer() == "ready"

    def do(self, line: str) -> None:
        """Have a statement executed."""
        self.ask(f"exec({line!r})")

    def ask(self, expression: str) -> Any:
        """Have an expression evaluated; return its value."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{expression}\n")
        self.process.stdin.flush()
        return ast.literal_eval(self._answer())

    def _answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def close(self) -> None:
        """Kill its group and wait for it."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.communicate()


# What it may be told.

kept: list[Any] = []


def burn(seconds: float) -> None:
    """Use up CPU time."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def fork(work: str = "", then: str = "signal.pause()") -> int:
    """Fork a child; return its pid once it did its `work`."""
    ready, tell = os.pipe()
    pid = os.fork()
    if not pid:
        exec(work, globals())
        os.write(tell, b"!")
        exec(then, globals())
        os._exit(0)
    os.read(ready, 1)
    os.close(ready)
    os.close(tell)
    return pid


class _CloneArguments(ctypes.Structure):
    """`struct clone_args` of <linux/sched.h>."""

    _fields_ = [
        (name, ctypes.c_uint64)
        for name in (
            "flags",
            "pidfd",
            "child_tid",
            "parent_tid",
            "exit_signal",
            "stack",
            "stack_size",
            "tls",
            "set_tid",
            "set_tid_size",
            "cgroup",
        )
    ]


def fork_as(wanted: int) -> None:
    """Fork a child that has this pid, whoever else forks meanwhile. Raises OSError, EEXIST if it is taken."""
    # Start times, by which two processes with one number are told apart, are counted in ticks of 10 ms.
    burn(0.03)
    pids = (ctypes.c_int * 1)(wanted)
    arguments = _CloneArguments(exit_signal=signal.SIGCHLD, set_tid=ctypes.addressof(pids), set_tid_size=1)
    # PyDLL keeps the lock of the interpreter, which the child then has too.
    clone = ctypes.PyDLL(None, use_errno=True).syscall
    pid = clone(CLONE3, ctypes.byref(arguments), ctypes.c_size_t(ctypes.sizeof(arguments)))
    if pid < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    if not pid:
        signal.pause()
        os._exit(0)


def fork_away(work: str = "") -> int:
    """Fork a grandchild that loses its parent at once; return its pid."""
    told, tell = os.pipe()
    pid = fork(f"os.write({tell}, fork({work!r}).to_bytes(4, 'big'))", then="")
    os.waitpid(pid, 0)
    away = int.from_bytes(os.read(told, 4), "big")
    os.close(told)
    os.close(tell)
    return away


def fork_headless(size_bytes: int, opened: int) -> int:
    """Fork a child that holds memory and descriptors and whose main thread has ended; return its pid."""
    ready, tell = os.pipe()
    pid = os.fork()
    if not pid:
        kept.append(b"x" * size_bytes)
        kept.extend(os.open(os.devnull, os.O_RDONLY) for _ in range(opened))
        threading.Thread(target=_outlive, args=(tell,)).start()
        ctypes.CDLL(None).pthread_exit(None)
    os.read(ready, 1)
    os.close(ready)
    os.close(tell)
    return pid


def _outlive(tell: int) -> None:
    while b") Z " not in Path("/proc/self/stat").read_bytes():
        os.sched_yield()
    os.write(tell, b"!")
    threading.Event().wait()


def end(pid: int) -> None:
    """Kill a child and wait for it."""
    os.kill(pid, signal.SIGKILL)
    try:
        os.waitpid(pid, 0)
    except ChildProcessError:
        pass  # with SIGCHLD ignored, this comes once the child is gone


def leave_dead(pid: int) -> None:
    """Kill a child and do not wait for it."""
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def adopt() -> None:
    """Inherit all orphans below."""
    assert ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0) == 0


if __name__ == "__main__":
    print("ready", flush=True)
    for told in sys.stdin:
        print(repr(eval(told)), flush=True)
