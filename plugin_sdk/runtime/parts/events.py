"""Events, in the plugin: which handlers there are, and that each gets its events one after the other.

Owns the queues of handlers and the credit that goes back to the host. Which events come is the host's; the
same bytes come to every plugin, so which handlers of this one want them is found out here.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from plugin_sdk.decorators.on import OnMark
from plugin_sdk.runtime.event_handler import EventHandler
from plugin_sdk.runtime.link import Link
from plugin_sdk.runtime.parts import Control, named_handlers
from plugin_sdk.runtime.source import Source
from protocol import errors
from protocol.errors import RpcError
from protocol.filters import where_fault
from protocol.incoming import Inbound
from protocol.messages.events import Event, Events, EventsHandled
from protocol.messages.provides import Subscription
from protocol.signatures import SignatureFault
from protocol.topics import as_name, matches, pattern_fault

CREDIT_STEP = 64
"""Handled events after which the host hears of it, or when nothing is left to handle."""

MAX_ROUTES = 1_000
"""Topics whose handlers are remembered."""

_event = msgspec.json.Decoder(Event).decode
_events = msgspec.json.Decoder(Events).decode


class _Queue:
    """What waits for one handler."""

    __slots__ = ("busy", "handler", "waiting")

    def __init__(self, handler: EventHandler) -> None:
        self.handler = handler
        self.waiting: deque[tuple[Event, list[int]]] = deque()
        self.busy = False


class EventsPart:
    """Handlers of events of one plugin."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.controls: Mapping[str, Control] = {"plugin.events": self._batch}
        self._handlers: dict[str, EventHandler] = {}
        self._by_name: list[tuple[str, EventHandler]] = []
        self._rest: list[_Queue] = []
        self._attributes: list[tuple[EventHandler, Source, str]] = []
        self._queues: dict[int, _Queue] = {}
        self._routes: dict[str, list[_Queue]] = {}
        self._busy = 0
        self._handled = 0
        self._stopping = False

    def read(self, sources: Sequence[Source]) -> Mapping[str, Any]:
        """Find what is subscribed by decorator and by name."""
        names: list[str] = []
        faults: list[str] = []
        for source in sources:
            for name, attribute, mark in source.marked(OnMark):
                found = [*map(pattern_fault, mark.topics), where_fault(mark.where)]
                faults += [f"{source.cls.__name__}.{attribute}: {fault}" for fault in found if fault]
                if any(found):
                    continue
                name = mark.name or name
                self._add(self._handler(name, mark.topics, dict(mark.where), mark.durable, source, attribute))
            for attribute in named_handlers(source.cls):
                handler = self._handler(source.prefix + attribute, (), {}, False, source, attribute)
                if attribute == "handle_event":
                    self._rest.append(_Queue(handler))
                else:
                    name = attribute.removeprefix("on_").lower()
                    names.append(name)
                    self._by_name.append((name, handler))
        if faults:
            raise SignatureFault("; ".join(faults))
        return {
            "subscriptions": tuple(
                Subscription(one.name, one.topics, one.where, one.durable) for one in self._handlers.values()
            ),
            "handlers_by_name": tuple(dict.fromkeys(names)),
            "handles_all": bool(self._rest),
        }

    def bind(self, sources: Sequence[Source]) -> None:
        """Take the instances' methods."""
        for handler, source, attribute in self._attributes:
            if source.instance is not None:
                handler.function = source.bound(attribute)

    def add(
        self, topics: Sequence[str], function: Callable[..., Any], where: dict[str, Any], durable: bool
    ) -> EventHandler:
        """Add a handler while the plugin runs; the host is told by whoever calls. Raises SignatureFault."""
        base = getattr(function, "__name__", "handler").strip("<>")
        handler = EventHandler(base, tuple(topics), where, durable, function)
        handler.function = function
        self._add(handler)
        return handler

    def drop(self, name: str) -> bool:
        """Drop a handler that was added; return whether it was there."""
        handler = self._handlers.pop(name, None)
        self._routes.clear()
        if handler is not None:
            self._queues.pop(id(handler), None)
        return handler is not None

    def names_of(self, function: Callable[..., Any]) -> list[str]:
        """Return the names of a function's subscriptions."""
        return [name for name, one in self._handlers.items() if one.function == function]

    def notified(self, method: str, params: msgspec.Raw) -> None:
        """Take one event."""
        event = _event(params)
        topic = event.topic
        route = self._routes.get(topic)
        if route is None:
            route = self._route(topic)
        wanted = [queue for queue in route if queue.handler.passes(event)]
        if not wanted and self._rest and not self._comes_durably(event):
            wanted = self._rest
        if not wanted or self._stopping:
            self._count()
            return
        left = [len(wanted)]
        for queue in wanted:
            queue.waiting.append((event, left))
            if not queue.busy:
                queue.busy = True
                self._busy += 1
                self._link.start(self._work(queue))

    async def stop(self) -> None:
        """Drop what waits; what is being handled ends by itself or with the session."""
        self._stopping = True
        for queue in (*self._queues.values(), *self._rest):
            queue.waiting.clear()

    async def _work(self, queue: _Queue) -> None:
        handler, waiting = queue.handler, queue.waiting
        try:
            while waiting:
                event, left = waiting.popleft()
                try:
                    await handler.handle(event, self._link)
                except Exception as exc:  # noqa: BLE001 - the border of an author's handler; the next event comes
                    self._failed(handler, event, exc)
                left[0] -= 1
                if not left[0]:
                    self._count()
        finally:
            queue.busy = False
            self._busy -= 1
            if not self._busy:
                self._give_credit()

    async def _batch(self, inbound: Inbound) -> EventsHandled:
        """Handle events of a durable subscription, in order, up to the first that fails."""
        batch = _events(inbound.params)
        handler = self._handlers.get(batch.subscription)
        if handler is None or not handler.durable:
            raise RpcError(errors.METHOD_NOT_FOUND, f"there is no subscription {batch.subscription[:100]!r}")
        handled = 0
        for event in batch.events:
            if self._stopping:
                raise RpcError(errors.NOT_ACTIVE, "the plugin is being unloaded")
            try:
                if handler.passes(event):
                    await handler.handle(event, self._link)
            except Exception as exc:  # noqa: BLE001 - the border of an author's handler; the host tries again
                self._failed(handler, event, exc)
                return EventsHandled(handled, f"{type(exc).__name__}: {exc}"[:500])
            handled = event.seq
        return EventsHandled(handled)

    def _failed(self, handler: EventHandler, event: Event, exc: Exception) -> None:
        self._link.incident(exc, f"{handler.name}, handling {event.topic},")

    def _count(self) -> None:
        self._handled += 1
        if self._handled >= CREDIT_STEP or not self._busy:
            self._give_credit()

    def _give_credit(self) -> None:
        if self._handled:
            self._link.notify_host("events.credit", b'{"n":%d}' % self._handled)
            self._handled = 0

    def _comes_durably(self, event: Event) -> bool:
        """Tell whether a durable handler takes an event, which comes to it in a batch."""
        return any(
            one.passes(event)
            for one in self._handlers.values()
            if one.durable and any(matches(pattern, event.topic) for pattern in one.topics)
        )

    def _route(self, topic: str) -> list[_Queue]:
        """Find the handlers of a topic, in the order in which they were declared."""
        name = as_name(topic)
        handlers = [
            one
            for one in self._handlers.values()
            if not one.durable and any(matches(pattern, topic) for pattern in one.topics)
        ]
        handlers += [one for x, one in self._by_name if x == name]
        route: list[_Queue] = []
        for handler in handlers:
            queue = self._queues.get(id(handler))
            if queue is None:
                queue = self._queues[id(handler)] = _Queue(handler)
            route.append(queue)
        if len(self._routes) >= MAX_ROUTES:
            self._routes.clear()
        self._routes[topic] = route
        return route

    def _handler(
        self,
        name: str,
        topics: tuple[str, ...],
        where: dict[str, Any],
        durable: bool,
        source: Source,
        attribute: str,
    ) -> EventHandler:
        handler = EventHandler(
            name,
            topics,
            where,
            durable,
            getattr(source.cls, attribute),
            takes_all=attribute == "handle_event" and not topics,
        )
        self._attributes.append((handler, source, attribute))
        return handler

    def _add(self, handler: EventHandler) -> None:
        name, number = handler.name, 2
        while handler.name in self._handlers:  # several decorators on one method
            handler.name, number = f"{name}-{number}", number + 1
        self._handlers[handler.name] = handler
        self._routes.clear()
