"""The watchdog's sampler over so many sleeping processes: `COUNT` -> CPU ms a sweep, % of a core at 1 Hz."""

import statistics
import subprocess
import sys
import time
from contextlib import ExitStack

import msgspec

from host.watchdog.sampler import Sampler

_SWEEPS = 10
_SOFT_BYTES = 400 * 2**20
"""As for a plugin with the default limit: none of these comes near it."""


def _measure(count: int) -> list[float]:
    with ExitStack() as stack:
        roots: dict[str, int] = {}
        for number in range(count):
            # Sleeps until its stdin ends, which it does when this process does.
            process = stack.enter_context(subprocess.Popen(["cat"], stdin=subprocess.PIPE))
            roots[str(number)] = process.pid
        soft_memory = dict.fromkeys(roots, _SOFT_BYTES)
        sampler = Sampler()
        taken: list[float] = []
        for _ in range(_SWEEPS + 1):
            began = time.thread_time()
            if len(sampler.sweep(roots, soft_memory)) != count:
                raise RuntimeError("a process was not seen")
            taken.append(time.thread_time() - began)
    # The first opens every process, and is the only one of its kind.
    ms = statistics.median(taken[1:]) * 1e3
    return [ms, ms / 10]


if __name__ == "__main__":
    print(msgspec.json.encode(_measure(int(sys.argv[1]))).decode())
