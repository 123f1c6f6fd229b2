"""Following: lines of a tail, those from before and those that come, for commands that show them."""

import sys
from collections.abc import AsyncGenerator
from typing import Any, Final

import anyio

from host.facade.facade import Facade
from host.facade.tails import Batch, Tail, TailQuery

BEFORE_S: Final = 0.5
"""Lines from before are there within this, or there are none."""


async def lines_of(facade: Facade, query: TailQuery, *, follow: bool) -> AsyncGenerator[Any]:
    """Yield lines: those from before, and with `follow` those that come, until the host ends."""
    async with facade.tail(query) as tail:
        wait_s = BEFORE_S
        while (batch := await _next(tail, None if follow else wait_s)) is not None:
            wait_s = 0.05
            if batch.dropped:
                sys.stderr.write(f"{batch.dropped} lines were dropped here\n")
            for line in batch.lines:
                yield line


async def _next(tail: Tail, wait_s: float | None) -> Batch | None:
    with anyio.move_on_after(wait_s):
        try:
            return await anext(tail)
        except StopAsyncIteration:
            return None
    return None
