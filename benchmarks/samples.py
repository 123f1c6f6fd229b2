"""Samples: how one sample of each measurement is taken of a subject.

Each function takes a subject, a time in seconds and a count, and returns the figures in the order of the
measurement's rows. Which measurements there are, and their units, is said in `benchmarks.rows`.
"""

import gc
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from benchmarks.subject import Subject

Take = Callable[[Subject, float, int], Awaitable[list[float]]]

_NOTIFIED = 10_000
"""Notifications that are confirmed together."""


async def sequential(subject: Subject, seconds: float, _count: int) -> list[float]:
    """Call, wait, call: p50 and p99 in microseconds."""
    clock = time.perf_counter_ns
    call, value = subject.call, subject.small
    taken: list[int] = []
    until = clock() + int(seconds / 10 * 1e9)
    while clock() < until:
        await call(value)
    gc.collect()
    until = clock() + int(seconds * 1e9)
    before = clock()
    while before < until:
        await call(value)
        after = clock()
        taken.append(after - before)
        before = clock()
    taken.sort()
    return [statistics.median(taken) / 1e3, taken[int(len(taken) * 0.99)] / 1e3]


async def pipelined(subject: Subject, seconds: float, in_flight: int) -> list[float]:
    """Keep many calls under way: calls per second."""
    await subject.keep_busy(subject.small, in_flight, time.perf_counter() + seconds / 10)
    gc.collect()
    began = time.perf_counter()
    calls = await subject.keep_busy(subject.small, in_flight, began + seconds)
    return [calls / (time.perf_counter() - began)]


async def payload(subject: Subject, seconds: float, size: int) -> list[float]:
    """Echo one text of this size after the other: megabytes per second, counted one way."""
    text: Any = "x" * size
    await subject.call(text)

    async def once() -> None:
        if len(await subject.call(text)) != size:
            raise RuntimeError(f"{subject.name} answered with another text")

    return [await _per_second(once, seconds) * size / 1e6]


async def stream(subject: Subject, seconds: float, _count: int) -> list[float]:
    """Take one stream after the other: items per second."""
    items = subject.streamed
    await subject.take_stream(items // 10)
    return [await _per_second(lambda: subject.take_stream(items), seconds) * items]


async def notify(subject: Subject, seconds: float, _count: int) -> list[float]:
    """Send notifications that are taken: so many per second."""
    await subject.notify(_NOTIFIED // 10)
    return [await _per_second(lambda: subject.notify(_NOTIFIED), seconds) * _NOTIFIED]


async def call_back(subject: Subject, seconds: float, _count: int) -> list[float]:
    """Have the child call the host: p50 in microseconds."""
    await subject.call_back(seconds / 10)
    gc.collect()
    return [await subject.call_back(seconds)]


async def storage_get(subject: Subject, seconds: float, _count: int) -> list[float]:
    """Have the child read a small value that its host keeps: p50 in microseconds."""
    await subject.storage_get(seconds / 10)
    gc.collect()
    return [await subject.storage_get(seconds)]


async def start(subject: Subject, _seconds: float, count: int) -> list[float]:
    """Start so many further children until all have answered: milliseconds. `stop` ends them."""
    gc.collect()
    began = time.perf_counter()
    subject.started = await subject.start_many(count)
    return [(time.perf_counter() - began) * 1e3]


async def stop(subject: Subject, _seconds: float, _count: int) -> list[float]:
    """End what `start` has started."""
    subject.started = []
    await subject.stop_many()
    return []


TAKE: Mapping[str, Take] = {
    "sequential": sequential,
    "pipelined": pipelined,
    "payload": payload,
    "stream": stream,
    "notify": notify,
    "call_back": call_back,
    "storage_get": storage_get,
    "start": start,
    "stop": stop,
}


async def _per_second(once: Callable[[], Awaitable[None]], seconds: float) -> float:
    gc.collect()
    times = 0
    began = time.perf_counter()
    while not times or time.perf_counter() < began + seconds:
        await once()
        times += 1
    return times / (time.perf_counter() - began)
