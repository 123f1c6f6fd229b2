"""Rows: what is measured of each contestant, and how one sample of it is taken.

A measurement takes one contestant and yields one figure for each of its rows. To add one, write its function
and name it in `MEASUREMENTS`; a contestant that can't do it raises `Absent`.
"""

import gc
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

import psutil

from benchmarks.contestant import Absent, Contestant

SMALL: dict[str, Any] = {"id": 7, "name": "echo", "tags": ["a", "b"], "share": 0.5}


@dataclass(frozen=True, slots=True)
class Effort:
    """How much work one sample is."""

    sample_s: float
    """Time for which one contestant is called for one sample."""
    in_flight: int = 64
    payload_bytes: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    name: str
    title: str
    unit: str
    better: Literal["lower", "higher"]


@dataclass(frozen=True, slots=True)
class Measurement:
    """One way to take a sample."""

    rows: tuple[Row, ...]
    take: Callable[[Contestant, Effort], Awaitable[tuple[float, ...]]]
    fresh: bool = False
    """Whether it is handed a contestant that is not entered yet, and not the one that runs all along."""


SEQUENTIAL_P50 = Row("sequential_p50", "sequential call, p50", "µs", "lower")
SEQUENTIAL_P99 = Row("sequential_p99", "sequential call, p99", "µs", "lower")
PIPELINED = Row("pipelined", "64 in flight", "calls/s", "higher")
FIRST_START = Row("first_start", "host and child, from nothing to first answer", "ms", "lower")
COLD_START = Row("cold_start", "child of a running host, start to first answer", "ms", "lower")
IDLE_PSS = Row("idle_pss", "PSS of the idle child", "MiB", "lower")
PAYLOAD = Row("payload", "1 MB echo, each way", "MB/s", "higher")


async def sequential(contestant: Contestant, effort: Effort) -> tuple[float, ...]:
    """Call, wait, call: p50 and p99 in microseconds."""
    clock = time.perf_counter_ns
    taken: list[int] = []
    await _warm_up(contestant, effort)
    until = clock() + int(effort.sample_s * 1e9)
    before = clock()
    while before < until:
        await contestant.call(SMALL)
        after = clock()
        taken.append(after - before)
        before = clock()
    taken.sort()
    return statistics.median(taken) / 1e3, taken[int(len(taken) * 0.99)] / 1e3


async def pipelined(contestant: Contestant, effort: Effort) -> tuple[float, ...]:
    """Keep many calls under way: calls per second."""
    await contestant.keep_busy(SMALL, effort.in_flight, time.perf_counter() + effort.sample_s / 10)
    gc.collect()
    began = time.perf_counter()
    calls = await contestant.keep_busy(SMALL, effort.in_flight, began + effort.sample_s)
    return (calls / (time.perf_counter() - began),)


async def payload(contestant: Contestant, effort: Effort) -> tuple[float, ...]:
    """Echo one big text after the other: megabytes per second, counted one way."""
    text = "x" * effort.payload_bytes
    await contestant.call(text)
    gc.collect()
    calls = 0
    began = time.perf_counter()
    while time.perf_counter() < began + effort.sample_s:
        if len(await contestant.call(text)) != len(text):
            raise RuntimeError(f"{contestant.name} answered with another text")
        calls += 1
    return (calls * effort.payload_bytes / (time.perf_counter() - began) / 1e6,)


async def starts(contestant: Contestant, _effort: Effort) -> tuple[float, ...]:
    """Start twice, the second time in a host that is up; then weigh the child."""
    gc.collect()
    began = time.perf_counter()
    async with contestant:
        await contestant.start()
        await _check_echo(contestant)
        first_s = time.perf_counter() - began
        await contestant.stop()
        began = time.perf_counter()
        await contestant.start()
        await _check_echo(contestant)
        again_s = time.perf_counter() - began
        return first_s * 1e3, again_s * 1e3, _pss_mib(contestant.pid)


MEASUREMENTS: tuple[Measurement, ...] = (
    Measurement((SEQUENTIAL_P50, SEQUENTIAL_P99), sequential),
    Measurement((PIPELINED,), pipelined),
    Measurement((PAYLOAD,), payload),
    Measurement((FIRST_START, COLD_START, IDLE_PSS), starts, fresh=True),
)


async def _warm_up(contestant: Contestant, effort: Effort) -> None:
    until = time.perf_counter() + effort.sample_s / 10
    while time.perf_counter() < until:
        await contestant.call(SMALL)
    gc.collect()


async def _check_echo(contestant: Contestant) -> None:
    if await contestant.call(SMALL) != SMALL:
        raise RuntimeError(f"{contestant.name} answered with another value")


def _pss_mib(pid: int) -> float:
    memory: Any = psutil.Process(pid).memory_full_info()
    pss_bytes: int | None = getattr(memory, "pss", None)
    if pss_bytes is None:
        raise Absent("this operating system does not tell proportional memory")
    return pss_bytes / 2**20
