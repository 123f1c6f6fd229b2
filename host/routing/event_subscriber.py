"""Event subscriber: one session that wants events that may be lost, and what waits for it.

Owns credit and queue. What is written is the same bytes for all subscribers of an event.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from host.facade import Joining
from protocol.filters import Filter, compile_where
from protocol.messages.provides import Subscription
from protocol.topics import as_name, matches

logger = logging.getLogger(__name__)

CREDIT: Final = 256
"""Events that a subscriber may have got and not handled. Source: behaviour in numbers, *Events*."""

MAX_QUEUED: Final = 1_000
"""Events that wait for one subscriber behind them; past that the oldest are lost, and counted."""

MAX_QUEUED_BYTES: Final = 16 * 1024 * 1024
"""Of these, where they are big."""

SAID_EVERY_S: Final = 10.0
"""How often the log tells of losses of one subscriber, at most."""


class EventSubscriber:
    """One session."""

    def __init__(self, session: Joining, now: Callable[[], float]) -> None:
        """`now`: the monotonic clock."""
        provides = session.provides
        self.session = session
        self.subscriptions: dict[str, Subscription] = {}
        self._filters: dict[str, Filter | None] = {}
        for one in provides.subscriptions:
            if not one.durable:
                self.add(one)
        self.names = frozenset(provides.handlers_by_name)
        self.takes_all = provides.handles_all
        self._credit = CREDIT
        self._queue: deque[bytes] = deque()
        self.queued_bytes = 0
        self.delivered = 0
        """Events that were sent."""
        self.dropped = 0
        """Events that were lost."""
        self._now = now
        self._said = 0
        self._say_at_s = 0.0
        self.at_the_switch: list[Callable[[], None]] = []
        """What a run that waits to take over did to durable subscriptions, which are the plugin's."""
        self.was_replaced = False
        """Whether another run took over."""

    @property
    def works(self) -> bool:
        """Whether events that it was sent are not handled yet."""
        return self._credit < CREDIT and not self.session.peer.broken

    @property
    def waiting(self) -> int:
        """Events that wait here, or in the plugin."""
        return len(self._queue) + CREDIT - self._credit

    def add(self, one: Subscription) -> None:
        """Add a subscription."""
        self.subscriptions[one.name] = one
        self._filters[one.name] = compile_where(one.where)

    def drop(self, name: str) -> Subscription | None:
        """Drop one."""
        self._filters.pop(name, None)
        return self.subscriptions.pop(name, None)

    def filters(self, topic: str, by_name: bool) -> list[Filter] | None:
        """Return the filters of which one must pass; none if every event of the topic is wanted.

        `by_name` tells whether a method `on_<name>` means this topic.
        """
        filters: list[Filter] = []
        if by_name and as_name(topic) in self.names:
            return filters
        if self.takes_all and topic.split(".")[:2] != ["plugin", self.session.plugin]:
            return filters
        for name, one in self.subscriptions.items():
            if any(matches(pattern, topic) for pattern in one.topics):
                filter_ = self._filters[name]
                if filter_ is None:
                    return []
                filters.append(filter_)
        return filters or None

    def deliver(self, lines: Sequence[bytes], joined: bytes) -> None:
        """Send events, or keep them until there is credit. `joined` is all of them, for a single write."""
        if not self._queue and self._credit >= len(lines):
            self._send(len(lines), joined)
            return
        self._queue.extend(lines)
        self.queued_bytes += len(joined)
        self._flush()
        lost = 0
        while len(self._queue) > MAX_QUEUED or self.queued_bytes > MAX_QUEUED_BYTES:
            self.queued_bytes -= len(self._queue.popleft())
            lost += 1
        if lost:
            self._lose(lost)

    def yield_queue(self) -> list[bytes]:
        """Give up what waits for credit, and return it: it has not been sent. Another run takes over."""
        self.was_replaced = True
        lines = [*self._queue]
        self._queue.clear()
        self.queued_bytes = 0
        return lines

    def credit(self, n: int) -> None:
        """Take back credit for handled events; a plugin that claims more than it got gains nothing."""
        self._credit = min(CREDIT, self._credit + max(0, n))
        self._flush()

    def _flush(self) -> None:
        count = min(self._credit, len(self._queue))
        if count:
            joined = b"".join([self._queue.popleft() for _ in range(count)])
            self.queued_bytes -= len(joined)
            self._send(count, joined)

    def _send(self, count: int, joined: bytes) -> None:
        if self.session.peer.notify_all(joined):
            self._credit -= count
            self.delivered += count
        elif not self.session.peer.broken:  # else it is leaving, and will never ask for them
            self._lose(count)

    def _lose(self, count: int) -> None:
        self.dropped += count
        now_s = self._now()
        if now_s >= self._say_at_s:
            self._say_at_s = now_s + SAID_EVERY_S
            logger.warning(
                "%d events were lost: the plugin does not handle them as fast as they come",
                self.dropped - self._said,
                extra={"fields": {"plugin": self.session.plugin, "lost_in_all": self.dropped}},
            )
            self._said = self.dropped
