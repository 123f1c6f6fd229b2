"""State changes of plugins, to whoever subscribes. A slow subscriber loses the oldest ones."""

from collections import deque
from types import TracebackType
from typing import Self

import anyio

from host.facade import Change

MAX_UNREAD = 1_000
"""Changes that wait for one subscriber."""


class ChangeFeed:
    """Hands each change to every subscription."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()

    def publish(self, change: Change) -> None:
        """Hand a change on; never waits."""
        for subscription in self._subscriptions:
            subscription.take(change)

    def subscribe(self) -> "Subscription":
        """Return a subscription that runs from now until it is closed."""
        subscription = Subscription(self._subscriptions)
        self._subscriptions.add(subscription)
        return subscription


class Subscription:
    """Changes in order, by `async for`; closed by `with` or `close`."""

    def __init__(self, all_of_them: "set[Subscription]") -> None:
        self._all = all_of_them
        self._unread: deque[Change] = deque()
        self._news = anyio.Event()
        self._closed = False
        self.dropped = 0
        """Changes that were lost because they were not read in time."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Change:
        while not self._unread:
            if self._closed:
                raise StopAsyncIteration
            self._news = anyio.Event()
            await self._news.wait()
        return self._unread.popleft()

    def take(self, change: Change) -> None:
        """Store a change."""
        if len(self._unread) >= MAX_UNREAD:
            self._unread.popleft()
            self.dropped += 1
        self._unread.append(change)
        self._news.set()

    def close(self) -> None:
        """End the subscription; what is unread can still be read."""
        self._closed = True
        self._all.discard(self)
        self._news.set()
