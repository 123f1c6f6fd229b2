"""Settled: waiting for what a thread does, also for a caller that is cancelled meanwhile."""

import asyncio
import math
from typing import Any, Final, TypeVar

import anyio

HELD_S: Final = 5.0
"""How long a cancelled caller waits for its job, if the disk takes that long."""

_T = TypeVar("_T")


async def settled(
    future: "asyncio.Future[Any]", *, most_s: float = math.inf
) -> asyncio.CancelledError | None:
    """Wait until a future is done; return the cancellation that came meanwhile, for the caller to raise.

    So what the caller holds (a lock, a place) stays held as long as the work does, at most `most_s` seconds
    after this is called.
    """
    cancelled: asyncio.CancelledError | None = None
    loop = asyncio.get_running_loop()
    until_s = loop.time() + most_s
    with anyio.CancelScope(shield=True):
        while not future.done() and (left_s := until_s - loop.time()) > 0.0:
            try:
                await asyncio.wait([future], timeout=None if math.isinf(left_s) else left_s)
            except asyncio.CancelledError as exc:
                cancelled = exc
    return cancelled


async def held(future: "asyncio.Future[_T]") -> _T:
    """Return what a job gives. A caller that is cancelled leaves when it is done, `HELD_S` later at most.

    The job is done anyway. Were the caller's place among those under way free before, there would be no bound
    to how many jobs, with all that they hold, wait for the disk.
    """
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await settled(future, most_s=HELD_S)
        raise
