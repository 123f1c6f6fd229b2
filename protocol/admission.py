"""How many requests may be unanswered at once, and who waits for a place.

Pure bookkeeping for `protocol.outgoing`: places are handed over in the order in which they were asked for.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from protocol.errors import OVERLOADED, RpcError

MAX_IN_FLIGHT = 64
"""Requests that may be unanswered at once, per direction. Source: behaviour in numbers, *Wire*."""

MAX_WAITING = 1_000
"""Requests that may wait for one of these places; one more is `overloaded`."""


class Admission:
    """Places for requests under way. `free` may be taken directly while `queue` is empty."""

    __slots__ = ("_loop", "_max_waiting", "free", "queue")

    def __init__(self, loop: asyncio.AbstractEventLoop, places: int, max_waiting: int) -> None:
        self._loop = loop
        self._max_waiting = max_waiting
        self.free = places
        self.queue: deque[asyncio.Future[None]] = deque()

    async def enter(self, until: float) -> None:
        """Take a place, waiting for one until `until` on the loop's clock.

        Raises:
            RpcError: `overloaded`: too many wait already.
            TimeoutError: No place became free in time.
        """
        if self.free and not self.queue:
            self.free -= 1
            return
        if len(self.queue) >= self._max_waiting:
            raise RpcError(OVERLOADED, f"{len(self.queue)} calls are waiting already")
        place: asyncio.Future[None] = self._loop.create_future()
        self.queue.append(place)
        try:
            async with asyncio.timeout_at(until):
                await place
        except BaseException:
            self._give_up(place)
            raise

    def leave(self) -> None:
        """Give a place back; the first that waits gets it."""
        while self.queue:
            place = self.queue.popleft()
            if not place.done():
                place.set_result(None)
                return
        self.free += 1

    def close(self, error: Callable[[], Exception]) -> None:
        """Fail all that wait, each with an error of its own."""
        for place in self.queue:
            if not place.done():
                place.set_exception(error())
                place.exception()
        self.queue.clear()

    def _give_up(self, place: "asyncio.Future[None]") -> None:
        if place.done() and not place.cancelled() and place.exception() is None:
            self.leave()  # the place was handed over in the very turn in which its taker was cancelled
        elif place in self.queue:
            self.queue.remove(place)
