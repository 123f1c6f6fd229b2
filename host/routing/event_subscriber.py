"""Event subscriber: one session that wants events that may be lost, and what waits for it.

Owns credit and queue. What is written is the same bytes for all subscribers of an event.
"""

import logging
from collections import deque
from collections.abc import Sequence
from typing import Final

from host.facade import Joining
from protocol.filters import Filter, compile_where
from protocol.messages.provides import Subscription
from protocol.topics import HOST_TOPICS, as_name, matches

logger = logging.getLogger(__name__)

CREDIT: Final = 256
"""Events that a subscriber may have got and not handled. Source: behaviour in numbers, *Events*."""

MAX_QUEUED: Final = 1_000
"""Events that wait for one subscriber behind them; past that the oldest are lost, and counted."""


HOST_PREFIX: Final = f"{HOST_TOPICS}."
"""What the host itself tells reaches those who subscribe to it, and no handler for the rest."""


class EventSubscriber:
    """One session."""

    def __init__(self, session: Joining) -> None:
        provides = session.provides
        self.session = session
        self.subscriptions = {one.name: one for one in provides.subscriptions if not one.durable}
        self._filters: dict[str, Filter | None] = {
            name: compile_where(one.where) for name, one in self.subscriptions.items()
        }
        self._names = frozenset(provides.handlers_by_name)
        self._all = provides.handles_all
        self._credit = CREDIT
        self._queue: deque[bytes] = deque()
        self.delivered = 0
        self.dropped = 0
        self._said = 0

    @property
    def waiting(self) -> int:
        """Events that wait here or in the plugin."""
        return len(self._queue) + CREDIT - self._credit

    def add(self, one: Subscription) -> None:
        """Add a subscription from code that runs."""
        self.subscriptions[one.name] = one
        self._filters[one.name] = compile_where(one.where)

    def drop(self, name: str) -> None:
        """Drop one."""
        self.subscriptions.pop(name, None)
        self._filters.pop(name, None)

    def filters(self, topic: str) -> tuple[bool, list[Filter]]:
        """Return whether it wants every event of a topic, else the filters of which one must pass."""
        if (self._all and not topic.startswith(HOST_PREFIX)) or as_name(topic) in self._names:
            return True, []
        filters: list[Filter] = []
        for name, one in self.subscriptions.items():
            if any(matches(pattern, topic) for pattern in one.topics):
                filter_ = self._filters[name]
                if filter_ is None:
                    return True, []
                filters.append(filter_)
        return False, filters

    def deliver(self, lines: Sequence[bytes]) -> None:
        """Send events, or keep them until there is credit."""
        if not self._queue and self._credit >= len(lines):
            self._credit -= len(lines)
            self._send(lines)
            return
        self._queue.extend(lines)
        over = len(self._queue) - self._credit - MAX_QUEUED
        for _ in range(max(0, over)):
            self._queue.popleft()
            self.dropped += 1
        self._flush()
        if self.dropped > self._said * 2:
            self._said = self.dropped
            logger.warning(
                "events were lost: the plugin does not handle them fast enough",
                extra={"fields": {"plugin": self.session.plugin, "lost": self.dropped}},
            )

    def credit(self, n: int) -> None:
        """Take back credit for handled events."""
        self._credit = min(CREDIT, self._credit + max(0, n))
        self._flush()

    def _flush(self) -> None:
        count = min(self._credit, len(self._queue))
        if count:
            self._credit -= count
            self._send([self._queue.popleft() for _ in range(count)])

    def _send(self, lines: Sequence[bytes]) -> None:
        if self.session.peer.notify_all(lines):
            self.delivered += len(lines)
        else:
            self.dropped += len(lines)
            self._credit += len(lines)
