"""Turns a fresh process into a plugin's: limits first, then the plugin's program, in one process.

Standard library alone, because it runs in two places: in a child that the warden forked, and as a program of
its own (`python -I -S confine.py FD`) where a host starts plugins without a warden. The specification is the
JSON of `protocol.launch.LaunchSpec` in an open file; why a start failed is written behind it in the same
file, where the host finds it.
"""

import json
import os
import resource
import signal
import sys
from typing import Any

PR_SET_PDEATHSIG = 1
FAILED = 127
"""Exit code of a process that could not become the plugin's."""

_KEEP = 3
_FAR = 10


def become(spec_fd: int, descriptors: tuple[int, int, int] | None = None) -> None:
    """Become what the specification says; returns only by ending the process.

    `descriptors` become 0, 1 and 2; without them these stay as they are.
    """
    end = 0
    try:
        if descriptors is not None:
            os.setsid()
            spec_fd = _arrange(spec_fd, descriptors)
        os.set_inheritable(spec_fd, False)
        text = _read_all(spec_fd)
        end = len(text)
        spec: dict[str, Any] = json.loads(text)
        if spec["parent"]:
            _die_with(spec["parent"])
        signal.set_wakeup_fd(-1)
        for number in signal.valid_signals():
            if signal.getsignal(number) not in (signal.SIG_DFL, None):
                signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.umask(spec["umask"])
        os.chdir(spec["folder"])
        _limit(spec["rlimits"], spec["oom_score_adj"])
        os.execve(spec["argv"][0], spec["argv"], spec["environment"])
    except BaseException as exc:  # noqa: BLE001 - nothing may go back into the warden's code
        try:
            os.pwrite(spec_fd, f"{type(exc).__name__}: {exc}".encode(), end)
        except OSError:
            pass
    os._exit(FAILED)


def _read_all(fd: int) -> bytes:
    parts: list[bytes] = []
    offset = 0
    while part := os.pread(fd, 65_536, offset):
        parts.append(part)
        offset += len(part)
    return b"".join(parts)


def _arrange(spec_fd: int, descriptors: tuple[int, int, int]) -> int:
    """Put the descriptors into place, close all others but the specification's; return where that is now."""
    import fcntl

    # First far away: one of them may have a number that another one must get.
    far = [fcntl.fcntl(fd, fcntl.F_DUPFD, _FAR) for fd in descriptors]
    spec = fcntl.fcntl(spec_fd, fcntl.F_DUPFD, _FAR)
    for number, fd in enumerate(far):
        os.dup2(fd, number)
    os.dup2(spec, _KEEP)
    os.closerange(_KEEP + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    return _KEEP


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends; leave if it has ended already."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(FAILED)


def _limit(rlimits: dict[str, int], oom_score_adj: int) -> None:
    for name, value in rlimits.items():
        kind: int | None = getattr(resource, f"RLIMIT_{name}", None)
        if kind is None:
            continue
        _, hard = resource.getrlimit(kind)
        ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (ceiling, ceiling))
    if oom_score_adj:
        try:
            with open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123 - pathlib costs imports here
                file.write(str(oom_score_adj))
        except OSError:
            pass  # not Linux, or not allowed: the figure only helps the kernel to choose


if __name__ == "__main__":
    become(int(sys.argv[1]))
