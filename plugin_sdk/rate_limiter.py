"""RateLimiter: holds a plugin's own calls to an outside service back, so that it stays within a limit.

limiter = RateLimiter(10, 60)          # 10 calls a minute
await limiter.throttle()               # waits for its turn
async with limiter: ...                # the same
"""

import asyncio
import time
from collections import deque
from types import TracebackType
from typing import Self


class RateLimiter:
    """At most `max_requests` in any window of `time_window_s` seconds; whoever asks first goes first."""

    def __init__(self, max_requests: int, time_window_s: float) -> None:
        """Raises ValueError for what is no limit."""
        if max_requests < 1 or time_window_s <= 0:
            raise ValueError(
                f"found {max_requests} in {time_window_s} s; allowed: 1 or more in more than 0 s"
            )
        self.max_requests = max_requests
        self.time_window_s = time_window_s
        self._taken: deque[float] = deque()
        self._turn = asyncio.Lock()

    async def throttle(self) -> None:
        """Wait until one more call fits, and count it; a wait that is cancelled counts nothing."""
        async with self._turn:  # fair: asyncio's locks wake whoever came first
            while (missing_s := self._missing_s()) > 0:  # noqa: ASYNC110 - time has to pass
                await asyncio.sleep(missing_s)
            self._taken.append(time.monotonic())

    def try_now(self) -> bool:
        """Count a call if it fits now, without waiting; tell whether it did."""
        if self._turn.locked() or self._missing_s() > 0:
            return False
        self._taken.append(time.monotonic())
        return True

    async def __aenter__(self) -> Self:
        await self.throttle()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def _missing_s(self) -> float:
        now = time.monotonic()
        while self._taken and now - self._taken[0] >= self.time_window_s:
            self._taken.popleft()
        if len(self._taken) < self.max_requests:
            return 0.0
        return self._taken[0] + self.time_window_s - now
