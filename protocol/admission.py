"""How many requests may be unanswered at once, and which wait for a place.

Pure bookkeeping for `protocol.outgoing`, which sends what waits in the order in which it was asked.
"""

from collections import deque

from protocol.errors import OVERLOADED, RpcError
from protocol.waiter import Waiter

MAX_IN_FLIGHT = 64
"""Requests that may be unanswered at once, per direction. Source: behaviour in numbers, *Wire*."""

MAX_BUFFERED_BYTES = 32 * 1024 * 1024
"""Bytes queued for a side that does not read, past which callers wait under their deadline."""

MAX_WAITING = 1_000
"""Requests that may wait for one of these places; one more is `overloaded`."""


class Admission:
    """Places for requests under way, and the requests that have none yet."""

    __slots__ = ("_max_waiting", "free", "queue")

    def __init__(self, places: int, max_waiting: int) -> None:
        self._max_waiting = max_waiting
        self.free = places
        self.queue: deque[Waiter] = deque()

    def enqueue(self, waiter: Waiter) -> None:
        """Have a request wait. Raises RpcError, `overloaded`: too many do already."""
        if len(self.queue) >= self._max_waiting:
            raise RpcError(OVERLOADED, f"{len(self.queue)} calls are waiting already")
        self.queue.append(waiter)

    def forget(self, waiter: Waiter) -> None:
        """Have a request wait no more; nothing happens if it does not."""
        try:
            self.queue.remove(waiter)
        except ValueError:
            pass
