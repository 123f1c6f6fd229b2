"""Turns a fresh process into a plugin's: limits first, then the plugin's program, in one process.

Standard library alone, because it runs in two places: in a child that the warden forked, and as a program of
its own (`python -I -S confine.py FD`) where a host starts plugins without a warden. The specification is the
JSON of `protocol.launch.LaunchSpec` in an open file; why a start failed is written behind it in the same
file, where the host finds it.

Owns what every start has in common. What a child has to set right that goes on in its warden's image instead
of executing a program is `forked`'s.
"""

import fcntl
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any

PR_SET_PDEATHSIG = 1
FAILED = 127
"""Exit code of a process that could not become the plugin's."""

_KEEP = 3
_FAR = 10

HANDLED = (signal.SIGCHLD, signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
"""What the warden handles; held back while it forks."""

IGNORED = (signal.SIGPIPE, signal.SIGXFSZ)
"""What Python ignores from its start on."""

if sys.platform == "linux":
    import ctypes

    prctl: Any = ctypes.CDLL(None, use_errno=True).prctl


def become(
    spec_fd: int,
    descriptors: tuple[int, int, int] | None = None,
    parent: int = 0,
    fit: Callable[[dict[str, Any]], None] | None = None,
    decode: Callable[[bytes], Any] | None = None,
) -> None:
    """Become what the specification says.

    Returns only after `fit` has made this very image the plugin's; else the process is another program by
    then, or has ended.

    Args:
        spec_fd: Where the specification is.
        descriptors: What becomes 0, 1 and 2 of the warden's child; a program of its own has them already.
        parent: The warden, whose end ends its child.
        fit: Given where the plugin need not be executed.
        decode: Reads JSON; the standard library does where nothing faster is loaded.
    """
    end = 0
    try:
        if descriptors is not None:
            os.setsid()
            _die_with(parent)
            spec_fd = _arrange(spec_fd, descriptors)
        os.set_inheritable(spec_fd, False)
        text = _read_all(spec_fd)
        end = len(text)
        spec: dict[str, Any] = (decode or _decode)(text)
        if spec["parent"]:
            _die_with(spec["parent"])
            reset_signals()
        signal.set_wakeup_fd(-1)
        for number in HANDLED:
            signal.signal(number, signal.SIG_DFL)
        if fit is None:
            for number in IGNORED:
                signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)
        _limit(spec["rlimits"], spec["oom_score_adj"])
        os.umask(spec["umask"])
        os.chdir(spec["folder"])
        if fit is None:
            os.execve(spec["argv"][0], spec["argv"], spec["environment"])
        fit(spec)
        os.close(spec_fd)
    except BaseException as exc:  # noqa: BLE001 - nothing may go back into the warden's code
        try:
            os.pwrite(spec_fd, f"{type(exc).__name__}: {exc}".encode(), end)
        except OSError:
            pass
        os._exit(FAILED)


def _decode(text: bytes) -> Any:
    import json

    return json.loads(text)


def _read_all(fd: int) -> bytes:
    size = os.fstat(fd).st_size
    text = b""
    while part := os.pread(fd, size - len(text), len(text)):
        text += part
    return text


def _arrange(spec_fd: int, descriptors: tuple[int, int, int]) -> int:
    """Put the descriptors into place, close all others but the specification's; return where that is now."""
    # First far away: one of them may have a number that another one must get.
    far = [fcntl.fcntl(fd, fcntl.F_DUPFD, _FAR) for fd in descriptors]
    spec = fcntl.fcntl(spec_fd, fcntl.F_DUPFD, _FAR)
    for number, fd in enumerate(far):
        os.dup2(fd, number)
    os.dup2(spec, _KEEP)
    # The list, and not the limit: that may be a billion, or lower than what is open.
    highest = max(map(int, os.listdir("/proc/self/fd")))  # noqa: PTH208 - pathlib costs imports here
    os.closerange(_KEEP + 1, highest + 1)
    return _KEEP


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends; leave if it has ended already."""
    if sys.platform == "linux":
        prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(FAILED)


def reset_signals() -> None:
    """Let every signal do what it does by default, whatever the host's own parent had it do.

    The warden does this at its start, so that its children need not look at each signal.
    """
    for number in signal.valid_signals():
        if signal.getsignal(number) not in (signal.SIG_DFL, None):
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


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
            fd = os.open("/proc/self/oom_score_adj", os.O_WRONLY | os.O_CLOEXEC)
        except OSError:
            return  # not Linux: the figure only helps the kernel to choose
        try:
            os.write(fd, b"%d" % oom_score_adj)
        except OSError:
            pass  # not allowed
        finally:
            os.close(fd)


if __name__ == "__main__":
    become(int(sys.argv[1]))
