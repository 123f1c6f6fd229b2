"""Event fan-out: events that may be lost, to every session that wants them.

An event is built once. Whoever emits only queues it; in the loop's next turn all that was queued goes out, in
one write for each subscriber.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from host.facade import Joining
from host.routing.event_subscriber import EventSubscriber
from protocol import jsonrpc
from protocol.filters import Filter
from protocol.messages.events import Event

DELIVERIES_A_TURN: Final = 4_000
"""In one turn of the event loop, which serves others too."""

MAX_KNOWN_TOPICS: Final = 10_000

_EVENT: Final = jsonrpc.method_name("plugin.event")


class EventFanout:
    """All subscribers of one host."""

    def __init__(self) -> None:
        self._subscribers: dict[str, EventSubscriber] = {}
        self._by_topic: dict[str, list[tuple[EventSubscriber, list[Filter]]]] = {}
        self._fresh: deque[tuple[Event, bytes]] = deque()
        self._scheduled = False
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def subscribers(self) -> Mapping[str, EventSubscriber]:
        """Sessions that joined, by plugin."""
        return self._subscribers

    def open(self) -> None:
        """Begin, on the running loop."""
        self._loop = asyncio.get_running_loop()

    def of(self, session: Joining) -> EventSubscriber | None:
        """Return a session's subscriber; None if it has left."""
        subscriber = self._subscribers.get(session.plugin)
        return subscriber if subscriber is not None and subscriber.session is session else None

    def join(self, session: Joining) -> None:
        """Take a session in."""
        self._subscribers[session.plugin] = EventSubscriber(session)
        self.changed()

    def leave(self, session: Joining) -> None:
        """Let it go."""
        if self.of(session) is not None:
            del self._subscribers[session.plugin]
            self.changed()

    def changed(self) -> None:
        """Find anew who wants what."""
        self._by_topic.clear()

    def hand_on(self, event: Event) -> None:
        """Queue an event for whoever wants it."""
        self._fresh.append((event, jsonrpc.build_notification(_EVENT, jsonrpc.encode(event))))
        self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled and self._loop is not None:
            self._scheduled = True
            self._loop.call_soon(self._fan_out)

    def _fan_out(self) -> None:
        self._scheduled = False
        lines: dict[EventSubscriber, list[bytes]] = {}
        left = DELIVERIES_A_TURN
        while self._fresh and left > 0:
            event, line = self._fresh.popleft()
            decoded: tuple[Any] | None = None
            for subscriber, filters in self._who(event.topic):
                if filters:
                    decoded = decoded or (msgspec.json.decode(event.data),)
                    data = decoded[0]
                    if not any(passes(data) for passes in filters):
                        continue
                lines.setdefault(subscriber, []).append(line)
                left -= 1
        for subscriber, batch in lines.items():
            subscriber.deliver(batch)
        if self._fresh:
            self._schedule()

    def _who(self, topic: str) -> list[tuple[EventSubscriber, list[Filter]]]:
        known = self._by_topic.get(topic)
        if known is None:
            if len(self._by_topic) >= MAX_KNOWN_TOPICS:
                self._by_topic.clear()
            wanted = [(one, one.filters(topic)) for one in self._subscribers.values()]
            known = [(one, filters) for one, (everything, filters) in wanted if everything or filters]
            self._by_topic[topic] = known
        return known
