"""Event router: who wants a topic, and events that may be lost on their way to them.

Owns subscriptions of sessions and of the embedding program, and what is emitted in one turn of the event
loop: it leaves at its end, in one write for each subscriber. What must not be lost is `event_log_keeper`'s.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextvars import Context, copy_context
from itertools import chain
from typing import Any, Final, NamedTuple

import msgspec
from anyio.abc import TaskGroup

from host.ids import SessionId
from host.routing.event_delivery import Delivery
from host.routing.event_handlers import HostHandler
from host.routing.event_index import TopicIndex
from host.routing.event_subscriber import EventSubscriber
from host.routing.event_text import event_text
from host.routing.event_topics import Topics
from protocol.filters import Filter
from protocol.messages.provides import Subscription
from protocol.topics import as_name

logger = logging.getLogger(__name__)

MAX_ROUTES: Final = 4_000
"""Topics whose subscribers are remembered; more are found anew, in the parts of the topic."""


class Route(NamedTuple):
    """Who wants a topic."""

    plain: tuple[EventSubscriber, ...]
    """Every event of it."""
    filtered: tuple[tuple[EventSubscriber, tuple[Filter, ...]], ...]
    """Those that one of these filters lets through."""
    handlers: tuple[HostHandler, ...]
    durable: tuple[Delivery, ...]

    @property
    def lossy(self) -> bool:
        """Whether anybody wants what may be lost."""
        return bool(self.plain or self.filtered or self.handlers)


class Pending(NamedTuple):
    """An event on its way."""

    route: Route
    topic: str
    data: bytes
    seq: int
    time_s: float
    line: bytes


class _UnsentEvent(msgspec.Struct):
    topic: str
    data: msgspec.Raw


class _Unsent(msgspec.Struct):
    params: _UnsentEvent


_unsent = msgspec.json.Decoder(_Unsent).decode
"""Reads what this module wrote."""


class EventRouter:
    """All subscriptions."""

    def __init__(self, topics: Topics) -> None:
        self.subscribers: dict[SessionId, EventSubscriber] = {}
        self.aside: dict[SessionId, EventSubscriber] = {}
        """Runs that wait to take over, and those that were replaced: they emit, and get nothing."""
        self.handlers: list[HostHandler] = []
        self._topics = topics
        self._by_topic: TopicIndex[EventSubscriber | HostHandler | Delivery] = TopicIndex()
        self._by_name: dict[str, list[EventSubscriber]] = {}
        self._take_all: list[EventSubscriber] = []
        self._routes: dict[str, Route] = {}
        self._pending: list[Pending] = []
        self._tasks: TaskGroup | None = None
        self._context: Context | None = None
        """The host's own: who handles an event inherits neither budget nor path of who emits it."""

    def begin(self, tasks: TaskGroup) -> None:
        """Have the embedding program's functions run there from now on."""
        self._tasks = tasks
        self._context = copy_context()

    def end(self) -> None:
        """Deliver nothing more."""
        self._tasks = None
        self._pending.clear()

    @property
    def pending(self) -> int:
        """Events that leave at the end of this turn."""
        return len(self._pending)

    # Who wants what.

    def join(self, subscriber: EventSubscriber) -> None:
        """Take in a session."""
        self.subscribers[subscriber.session.id] = subscriber
        for one in subscriber.subscriptions.values():
            self._index(one.topics, subscriber)
        for name in subscriber.names:
            self._by_name.setdefault(name, []).append(subscriber)
        if subscriber.takes_all:
            self._take_all.append(subscriber)
        self.changed()

    def leave(self, session: SessionId) -> EventSubscriber | None:
        """Let go of a session; return what it was."""
        subscriber = self.subscribers.pop(session, None)
        if subscriber is None:
            return None
        for one in subscriber.subscriptions.values():
            self._unindex(one.topics, subscriber)
        for name in subscriber.names:
            self._by_name[name].remove(subscriber)
            if not self._by_name[name]:
                del self._by_name[name]
        if subscriber.takes_all:
            self._take_all.remove(subscriber)
        self.changed()
        return subscriber

    def succeed(self, subscriber: EventSubscriber, predecessor: SessionId) -> EventSubscriber | None:
        """Let a subscriber that waits aside take over, and get what was not sent to its predecessor yet.

        Returns the predecessor, which waits aside for its end; None if it has ended.
        """
        self._drain()  # what happened before the switch is the predecessor's
        old = self.leave(predecessor)
        self.aside.pop(subscriber.session.id, None)
        self.join(subscriber)
        if old is None:
            return None
        self.aside[predecessor] = old
        for line in old.yield_queue():
            event = _unsent(line).params
            route = self.route(event.topic)
            if subscriber in route.plain or any(
                one is subscriber and any(passes(msgspec.json.decode(event.data)) for passes in filters)
                for one, filters in route.filtered
            ):
                subscriber.deliver([line], line)
        return old

    def find(self, session: SessionId) -> EventSubscriber | None:
        """Return the subscriber of a run, whether or not it is served."""
        return self.subscribers.get(session) or self.aside.get(session)

    def add(self, subscriber: EventSubscriber, one: Subscription) -> None:
        """Add a subscription of a running plugin."""
        self.drop(subscriber, one.name)
        subscriber.add(one)
        if subscriber.session.id in self.subscribers:
            self._index(one.topics, subscriber)
            self.changed()

    def drop(self, subscriber: EventSubscriber, name: str) -> None:
        """Drop one."""
        one = subscriber.drop(name)
        if one is not None and subscriber.session.id in self.subscribers:
            self._unindex(one.topics, subscriber)
            self.changed()

    def add_handler(self, handler: HostHandler) -> None:
        """Add a function of the embedding program."""
        self.handlers.append(handler)
        self._index(handler.topics, handler)
        self.changed()

    def drop_handlers(self, function: Callable[..., Any]) -> None:
        """Drop all subscriptions of a function."""
        for handler in [one for one in self.handlers if one.function == function]:
            self.handlers.remove(handler)
            self._unindex(handler.topics, handler)
        self.changed()

    def add_delivery(self, delivery: Delivery) -> None:
        """Add a durable subscription."""
        self._index(delivery.topics, delivery)
        self.changed()

    def drop_delivery(self, delivery: Delivery) -> None:
        """Drop one."""
        self._unindex(delivery.topics, delivery)
        self.changed()

    def changed(self) -> None:
        """Find everybody anew: a subscription or what is known of a topic changed."""
        self._routes.clear()

    def handle_by_name(self, name: str) -> list[str]:
        """Return the plugins that run and handle a topic by a method's name."""
        return [one.session.plugin for one in self._by_name.get(name, ())]

    def route(self, topic: str) -> Route:
        """Return who wants a topic."""
        route = self._routes.get(topic)
        if route is None:
            route = self._find(topic)
            if len(self._routes) >= MAX_ROUTES:
                self._routes.clear()
            self._routes[topic] = route
        return route

    # What happens.

    def send(self, route: Route, topic: str, data: bytes, seq: int, time_s: float) -> None:
        """Send an event at the end of this turn to whoever wants what may be lost."""
        if not self._pending:
            asyncio.get_running_loop().call_soon(self._drain, context=self._context)
        line = b'{"jsonrpc":"2.0","method":"plugin.event","params":%b}\n' % event_text(
            topic, data, seq, time_s
        )
        self._pending.append(Pending(route, topic, data, seq, time_s, line))

    def _drain(self) -> None:
        batch, self._pending = self._pending, []
        if not batch:
            return
        first = batch[0].route
        if not first.filtered and all(one.route is first for one in batch):
            # The usual: one topic, or several with the same subscribers. Everybody gets the same.
            lines = [one.line for one in batch]
            joined = lines[0] if len(lines) == 1 else b"".join(lines)
            for subscriber in first.plain:
                subscriber.deliver(lines, joined)
        else:
            self._sort(batch)
        if self._tasks is not None:
            for one in batch:
                for handler in one.route.handlers:
                    if handler.passes is None or handler.passes(msgspec.json.decode(one.data)):
                        handler.take(one.topic, one.data, one.seq, one.time_s, self._tasks)

    def _sort(self, batch: Sequence[Pending]) -> None:
        """Deliver to each what it wants, in order."""
        wanted: dict[EventSubscriber, list[bytes]] = {}
        for one in batch:
            for subscriber in one.route.plain:
                wanted.setdefault(subscriber, []).append(one.line)
            if one.route.filtered:
                data = msgspec.json.decode(one.data)
                for subscriber, filters in one.route.filtered:
                    if any(passes(data) for passes in filters):
                        wanted.setdefault(subscriber, []).append(one.line)
        for subscriber, lines in wanted.items():
            subscriber.deliver(lines, lines[0] if len(lines) == 1 else b"".join(lines))

    def _find(self, topic: str) -> Route:
        known = self._topics.get(topic)
        needed = None if known is None else known.permission
        name = as_name(topic)
        alike = self._topics.named(name)
        by_name = not alike or alike[0] == topic
        found = dict.fromkeys(
            chain(self._by_topic.find(topic), self._by_name.get(name, ()) if by_name else (), self._take_all)
        )
        plain: list[EventSubscriber] = []
        filtered: list[tuple[EventSubscriber, tuple[Filter, ...]]] = []
        handlers: list[HostHandler] = []
        durable: list[Delivery] = []
        for one in found:
            if isinstance(one, HostHandler):
                handlers.append(one)
            elif isinstance(one, Delivery):
                durable.append(one)
            else:
                if needed is not None and not one.session.grants.decide(needed).allowed:
                    continue
                filters = one.filters(topic, by_name)
                if filters:
                    filtered.append((one, tuple(filters)))
                elif filters is not None:
                    plain.append(one)
        return Route(tuple(plain), tuple(filtered), tuple(handlers), tuple(durable))

    def _index(self, topics: Iterable[str], value: EventSubscriber | HostHandler | Delivery) -> None:
        for pattern in topics:
            self._by_topic.add(pattern, value)

    def _unindex(self, topics: Iterable[str], value: EventSubscriber | HostHandler | Delivery) -> None:
        for pattern in topics:
            self._by_topic.remove(pattern, value)
