"""Wording: times, durations and causes, as an operator reads them."""

import time

from protocol.errors import NAMES

SIGNALS: dict[str, str] = {
    "SIGSEGV": "it used memory that is not its own, which is a fault in native code (a C extension, ctypes)",
    "SIGBUS": "it used memory that could not be had: native code, or a mapped file that was cut short",
    "SIGABRT": "it gave itself up: native code found something wrong (abort, assert), or the allocator did",
    "SIGFPE": "native code divided by zero or the like",
    "SIGILL": "native code that this processor does not know, or a deliberate trap",
    "SIGKILL": "the host did not do it: a person did, or the kernel for want of memory (see `dmesg`)",
    "SIGTERM": "the host did not do it: somebody or something else asked the process to end",
    "SIGINT": "somebody pressed Ctrl-C, or sent the signal",
    "SIGXFSZ": "it wrote a file larger than its limit allows (`limits.file`)",
    "SIGXCPU": "it used more processor time than a limit of this system allows",
    "SIGPIPE": "it wrote to somebody who reads no more",
    "SIGHUP": "its terminal or session was closed",
    "SIGALRM": "a timer of its own ran out (`signal.alarm`)",
}
"""What a signal that ended a process usually means."""

EXIT_CODES: dict[int, str] = {
    0: "it ended as if its work were done, which a plugin only does when the host closes its stdin",
    1: "in Python that is an exception that nobody caught, or `sys.exit` with a message",
    2: "usually a wrong command line",
    126: "its program is there and can't be executed",
    127: "its program, or one that a script of it needs, was not found",
}


def moment(at_s: float, now_s: float) -> str:
    """Return a time of today as `03:12:07`, any other with its date; local time."""
    then, today = time.localtime(at_s), time.localtime(now_s)
    form = "%H:%M:%S" if then[:3] == today[:3] else "%Y-%m-%d %H:%M:%S"
    return time.strftime(form, then)


def ago(at_s: float, now_s: float) -> str:
    """Return `3 minutes ago`, or `just now`."""
    seconds = now_s - at_s
    return "just now" if seconds < 1.0 else f"{span(seconds)} ago"


def span(seconds: float) -> str:
    """Return a duration as a person says it: `0.4 s`, `12 s`, `3 minutes`, `5 hours`, `2 days`."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} µs"
    if seconds < 0.1:
        return f"{seconds * 1e3:.1f} ms"
    if seconds < 10.0:
        return f"{seconds:.1f} s"
    if seconds < 120.0:
        return f"{seconds:.0f} s"
    for unit_s, name in ((86_400.0, "days"), (3_600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2 * unit_s or name == "minutes":
            return f"{seconds / unit_s:.0f} {name}"
    raise AssertionError


def outcome(code: int) -> str:
    """Return how a call ended: `answered`, or the name of its error."""
    return "answered" if code == 0 else NAMES.get(code, f"error {code}")


def plural(count: int, one: str, many: str = "") -> str:
    """Return `1 call`, `3 calls`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def listed(items: list[str]) -> str:
    """Return `a, b and c`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""
