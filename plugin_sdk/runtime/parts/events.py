"""Events, in the plugin: which handlers there are, and that each gets its events one after the other.

Owns the queues of handlers and the credit that goes back to the host. Which events come is the host's.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from plugin_sdk.decorators.on import OnMark
from plugin_sdk.marks import is_taken
from plugin_sdk.runtime.event_handler import EventHandler
from plugin_sdk.runtime.link import Link
from plugin_sdk.runtime.parts import Control, is_handler
from plugin_sdk.runtime.source import Source
from protocol import errors, jsonrpc
from protocol.errors import RpcError
from protocol.filters import where_fault
from protocol.incoming import Inbound
from protocol.messages.events import Event, Events, EventsCredit, EventsHandled
from protocol.messages.provides import Subscription
from protocol.signatures import SignatureFault
from protocol.topics import as_name, pattern_fault

CREDIT_STEP = 64
"""Handled events after which the host hears of it, or when nothing is left to handle."""

_event = msgspec.json.Decoder(Event)
_events = msgspec.json.Decoder(Events)


class _Taken:
    """One event and how many handlers have not handled it yet."""

    __slots__ = ("event", "left")

    def __init__(self, event: Event, left: int) -> None:
        self.event = event
        self.left = left


class EventsPart:
    """Handlers of events of one plugin."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.controls: Mapping[str, Control] = {"plugin.events": self._batch}
        self._handlers: dict[str, EventHandler] = {}
        self._by_name: dict[str, EventHandler] = {}
        self._rest: list[EventHandler] = []
        self._attributes: list[tuple[EventHandler, Source, str]] = []
        self._queues: dict[str, deque[_Taken]] = {}
        self._busy: set[str] = set()
        self._handled = 0
        self._stopping = False

    def read(self, sources: Sequence[Source]) -> Mapping[str, Any]:
        """Find what is subscribed by decorator and by name."""
        names: list[str] = []
        for source in sources:
            for name, attribute, mark in source.marked(OnMark):
                self._add(self._checked(name, mark.topics, dict(mark.where), mark.durable, source, attribute))
            for attribute in dir(source.cls):
                function = getattr(source.cls, attribute)
                if not is_handler(attribute) or is_taken(function) or not callable(function):
                    continue
                handler = self._checked(source.prefix + attribute, (), {}, False, source, attribute)
                if attribute == "handle_event":
                    self._rest.append(handler)
                else:
                    names.append(attribute.removeprefix("on_").lower())
                    self._by_name[handler.name] = handler
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
        name, number = base, 2
        while name in self._handlers:
            name, number = f"{base}-{number}", number + 1
        handler = EventHandler(name, tuple(topics), where, durable, function)
        handler.function = function
        self._add(handler)
        return handler

    def drop(self, function: Callable[..., Any]) -> str:
        """Drop a handler that was added; returns its name, empty if there is none."""
        for name, handler in self._handlers.items():
            if handler.function == function:
                del self._handlers[name]
                return name
        return ""

    def notified(self, method: str, params: msgspec.Raw) -> None:
        """Take one event."""
        event = _event.decode(params)
        topic = event.topic
        wanted = [one for one in self._handlers.values() if not one.durable and one.wants(topic)]
        if self._by_name:
            named = as_name(topic)
            wanted += [
                one
                for one in self._by_name.values()
                if one.name.rpartition(".")[2].removeprefix("on_").lower() == named
            ]
        wanted = wanted or self._rest
        if not wanted or self._stopping:
            self._count()
            return
        taken = _Taken(event, len(wanted))
        for handler in wanted:
            queue = self._queues.get(handler.name)
            if queue is None:
                queue = self._queues[handler.name] = deque()
            queue.append(taken)
            if handler.name not in self._busy:
                self._busy.add(handler.name)
                self._link.start(self._work(handler, queue))

    async def stop(self) -> None:
        """Drop what waits; what is being handled ends by itself or with the session."""
        self._stopping = True
        for queue in self._queues.values():
            queue.clear()

    async def _work(self, handler: EventHandler, queue: deque[_Taken]) -> None:
        try:
            while queue:
                taken = queue.popleft()
                try:
                    await handler.handle(taken.event, self._link)
                except Exception as exc:  # noqa: BLE001 - the border of an author's handler; the next event comes
                    self._failed(handler, taken.event, exc)
                finally:
                    taken.left -= 1
                    if not taken.left:
                        self._count()
        finally:
            self._busy.discard(handler.name)

    async def _batch(self, inbound: Inbound) -> EventsHandled:
        """Handle events of a durable subscription, in order, up to the first that fails."""
        batch = _events.decode(inbound.params)
        handler = self._handlers.get(batch.subscription)
        if handler is None:
            raise RpcError(errors.METHOD_NOT_FOUND, f"there is no subscription {batch.subscription[:100]!r}")
        handled = 0
        for event in batch.events:
            try:
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
            self._link.notify_host("events.credit", jsonrpc.encode(EventsCredit(self._handled)))
            self._handled = 0

    def _checked(
        self,
        name: str,
        topics: tuple[str, ...],
        where: dict[str, Any],
        durable: bool,
        source: Source,
        attribute: str,
    ) -> EventHandler:
        place = f"{source.cls.__name__}.{attribute}"
        for fault in [*map(pattern_fault, topics), where_fault(where)]:
            if fault:
                raise SignatureFault(f"{place}: {fault}")
        handler = EventHandler(name, topics, where, durable, getattr(source.cls, attribute))
        self._attributes.append((handler, source, attribute))
        return handler

    def _add(self, handler: EventHandler) -> None:
        name, number = handler.name, 2
        while handler.name in self._handlers:  # several decorators on one method
            handler.name, number = f"{name}-{number}", number + 1
        self._handlers[handler.name] = handler
