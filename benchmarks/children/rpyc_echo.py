"""The child of the rpyc contestant."""

import statistics
import time
from collections.abc import Iterator
from importlib import import_module
from typing import Any

rpyc: Any = import_module("rpyc")  # it ships no types


class EchoService(rpyc.Service):
    """What the host finds at `connection.root`."""

    def exposed_echo(self, value: Any) -> Any:
        return value

    def exposed_count(self, upto: int) -> Iterator[int]:
        yield from range(upto)

    def exposed_call_back(self, function: Any, seconds: float) -> float:
        """Call a function of the host; return its p50 in microseconds."""
        taken: list[float] = []
        until = time.perf_counter() + seconds
        while (before := time.perf_counter()) < until:
            function("now")
            taken.append(time.perf_counter() - before)
        return statistics.median(taken) * 1e6


if __name__ == "__main__":
    rpyc.utils.factory.connect_stdpipes(EchoService).serve_all()
