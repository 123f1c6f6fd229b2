"""Holdings: what a host holds at a quiet moment, and whether it grows from one to the next."""

import asyncio
import gc
import statistics
import sys
import threading
from dataclasses import dataclass

import psutil

from host import PluginHost

FLAT_BYTES = 4 * 1024 * 1024
"""Growth of resident memory in a run that is called none. It wanders by so much with how the allocator
packs while Python holds the same 3.5 MiB (tracemalloc, 20 to 125 s of a run), which `blocks` counts."""

WARDEN_FLAT_BYTES = 1024 * 1024
"""The same of the warden, which holds next to nothing."""

FLAT_BLOCKS = 10_000
"""Growth of the blocks that Python holds that is called none: rings fill. One block that each thirtieth
call leaves would be more in three minutes."""

WARM_UP = 0.4
"""Part of a run whose samples are left out: pools and caches fill."""

POOL = "AnyIO worker thread"
"""Workers of the pool come and go, so it is their median that may not grow and not their most."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """Figures of one quiet moment. Processes: the host's own, and the warden's."""

    at_s: float
    descriptors: int
    threads: int
    """Without those of the pool."""
    pool_threads: int
    tasks: int
    unanswered: int
    """Requests under way in either direction; nobody calls, so nothing may be."""
    memory_bytes: int
    blocks: int
    """What the host's Python holds, in allocated blocks."""
    warden_descriptors: int
    warden_memory_bytes: int
    processes: int
    """Descendants of the host."""


def take(host: PluginHost, at_s: float) -> Holdings:
    """Count what is held now."""
    gc.collect()
    threads = threading.enumerate()
    pooled = sum(one.name == POOL for one in threads)
    me = psutil.Process()
    wardens = me.children()
    unanswered = sum(view.figures.in_flight for view in host.plugins())
    return Holdings(
        at_s=at_s,
        descriptors=me.num_fds(),
        threads=len(threads) - pooled,
        pool_threads=pooled,
        tasks=len(asyncio.all_tasks()),
        unanswered=unanswered,
        memory_bytes=me.memory_info().rss,
        blocks=sys.getallocatedblocks(),
        warden_descriptors=sum(warden.num_fds() for warden in wardens),
        warden_memory_bytes=sum(warden.memory_info().rss for warden in wardens),
        processes=len(me.children(recursive=True)),
    )


def faults(samples: list[Holdings]) -> list[str]:
    """Say what grew; an empty list if nothing did."""
    kept = samples[int(len(samples) * WARM_UP) :]
    if len(kept) < 4:
        return [f"{len(kept)} samples say nothing; run it for longer"]
    found: list[str] = []
    middle = len(kept) // 2
    for name in ("descriptors", "threads", "tasks", "warden_descriptors", "processes"):
        figures = [getattr(one, name) for one in kept]
        if max(figures[middle:]) > max(figures[:middle]):
            found.append(f"{name} grew: {figures}")
    pool = [one.pool_threads for one in kept]
    # One more is the difference of a moment; a worker left behind by each death would be a dozen.
    if statistics.median(pool[middle:]) > statistics.median(pool[:middle]) + 1:
        found.append(f"workers of the pool were left: {pool}")
    if any(one.unanswered for one in kept):
        found.append(f"requests were left: {[one.unanswered for one in kept]}")
    for name, flat in (
        ("memory_bytes", FLAT_BYTES),
        ("blocks", FLAT_BLOCKS),
        ("warden_memory_bytes", WARDEN_FLAT_BYTES),
    ):
        figures = [getattr(one, name) for one in kept]
        slope, start = statistics.linear_regression([one.at_s for one in kept], figures)
        noise = statistics.pstdev(
            figure - start - slope * one.at_s for one, figure in zip(kept, figures, strict=True)
        )
        growth = slope * (kept[-1].at_s - kept[0].at_s)
        if growth > max(flat, 3.0 * noise):
            found.append(f"{name} grew by {growth:.0f}, three times its noise is {3 * noise:.0f}: {figures}")
    return found
