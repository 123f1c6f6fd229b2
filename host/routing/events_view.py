"""Events as an embedding program and an operator hold them: declare topics, look, replay, mend."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from host.errors import InvalidParams
from host.routing.event_delivery import Delivery
from host.routing.event_topics import Topic
from host.routing.events import Events
from host.state import event_log
from protocol.topics import matches

_F = TypeVar("_F", bound=Callable[..., Any])

MAX_LETTERS = 1_000
"""Dead letters that one call returns."""


@dataclass(frozen=True, slots=True)
class Lag:
    """How far one subscriber is behind."""

    plugin: str
    """Empty for a function of the embedding program."""
    subscription: str
    """Name of a durable subscription or of a function; empty for all else of a plugin."""
    durable: bool
    waiting: int
    """Events that it has not handled; for a durable one those of its topics, before its filter."""
    delivered: int
    dropped: int
    """Events that it lost: because it was too slow, or because they became too old."""
    running: bool


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that a durable subscription could not handle, after every try."""

    id: int
    plugin: str
    subscription: str
    seq: int
    topic: str
    data: Any
    time_s: float
    """When it was emitted, in seconds since the epoch."""
    failed_s: float
    error: str
    tries_again: bool
    """Whether `redrive` has asked for one more try that has not been made yet."""


@dataclass(frozen=True, slots=True)
class EventStatistics:
    """Counts since the host began to run."""

    emitted: int
    logged: int
    """Durable ones among them."""
    delivered: int
    dropped: int
    dead: int
    topics: int
    subscribers: int
    """Plugins that run, durable subscriptions, and functions of the embedding program."""


class EventsView:
    """The events of one host."""

    def __init__(self, events: Events, find: Callable[[str], object] = lambda _: None) -> None:
        """`find(plugin)` raises PluginNotFound; what is kept of one that is gone is there all the same."""
        self._events = events
        self._find = find

    def declare(
        self,
        topic: str,
        *,
        description: str = "",
        durable: bool = False,
        schema: Mapping[str, Any] | None = None,
        permission: str | None = None,
    ) -> None:
        """Say what a topic is; at any time, best before the host is entered.

        Args:
            topic: Such as `session.created`.
            description: For people.
            durable: Its events go into the log, also while nobody has a durable subscription to them.
            schema: JSON Schema of its data; an emit that does not fit is refused.
            permission: What plugins need to subscribe to it, such as `sessions:read`.

        Raises:
            InvalidParams: It can't be a topic, or is declared already; or schema or permission can't be read.
        """
        self._events.declare(
            topic, description=description, durable=durable, schema=schema, permission=permission
        )

    def off(self, function: Callable[..., Any]) -> None:
        """End every subscription of a function that `PluginHost.on` subscribed."""
        self._events.router.drop_handlers(function)

    def topics(self) -> tuple[Topic, ...]:
        """Return every topic that was declared or seen, in order."""
        return self._events.topics.all()

    async def lag(self, plugin: str | None = None) -> tuple[Lag, ...]:
        """Return how far each subscriber is behind, or those of one plugin.

        Raises PluginNotFound where there is none, and nothing is kept of one.
        """
        if plugin is not None:
            self._check_plugin(plugin)
        router, log = self._events.router, self._events.log
        found = [
            Lag(one.session.plugin, "", False, one.waiting, one.delivered, one.dropped, True)
            for one in router.subscribers.values()
            if plugin in (None, one.session.plugin)
        ]
        if plugin is None:
            found += [
                Lag("", one.name, False, one.waiting, one.handled, one.dropped, True)
                for one in router.handlers
            ]
        for one in list(log.deliveries.values()):
            if plugin in (None, one.plugin):
                waiting = await self._waiting(one)
                found.append(Lag(one.plugin, one.name, True, waiting, one.delivered, one.lagged, one.runs))
        return tuple(found)

    async def dead_letters(
        self, plugin: str | None = None, *, limit: int = MAX_LETTERS
    ) -> tuple[DeadLetter, ...]:
        """Return events that could not be handled, oldest first.

        Raises PluginNotFound where there is no such plugin, and nothing is kept of one.
        """
        if plugin is not None:
            self._check_plugin(plugin)
        count = min(max(limit, 0), MAX_LETTERS)
        rows = await self._events.log.database.read(
            lambda connection: event_log.dead_letters(connection, plugin, count)
        )
        return tuple(
            DeadLetter(
                row.id,
                row.plugin,
                row.name,
                row.seq,
                row.topic,
                msgspec.json.decode(row.data),
                row.time_s,
                row.failed_s,
                row.error,
                bool(row.again),
            )
            for row in rows
        )

    async def redrive(self, plugin: str, ids: Iterable[int] | None = None) -> int:
        """Have dead letters of a plugin tried once more, all or those with these ids; return how many.

        One that is handled then is gone; one that fails stays, with its new error. While the plugin does not
        run, they wait for it.

        Raises:
            PluginNotFound: There is no such plugin, and nothing is kept of one.
            InvalidParams: It has no dead letter of one of these ids; none is tried then.
        """
        self._check_plugin(plugin)
        log = self._events.log
        chosen = None if ids is None else tuple(dict.fromkeys(ids))
        count = await log.database.write(lambda connection: event_log.ask_again(connection, plugin, chosen))
        for delivery in log.of_plugin(plugin):
            delivery.again = True
            delivery.wake()
        return count

    async def replay(self, plugin: str, subscription: str, *, since: datetime | float | int) -> None:
        """Deliver events of a durable subscription again, those that it handled too.

        `since` is a time, as a datetime or as seconds since the epoch in a float; or, as an int, the number
        of the last event that is left out. Only what is still in the log comes again.

        Raises:
            PluginNotFound: There is no such plugin, and nothing is kept of one.
            InvalidParams: It has no such durable subscription; or `since` is no such time or number.
        """
        log = self._events.log
        delivery = self._delivery(plugin, subscription)
        if isinstance(since, int) and not isinstance(since, bool):
            if not 0 <= since <= log.seq:
                raise _no_since(since, log.seq)
            cursor = since
        else:
            time_s = _seconds(since)
            if time_s is None:
                raise _no_since(since, log.seq)
            cursor = await log.database.read(lambda connection: event_log.seq_before(connection, time_s))
        delivery.go_to(min(cursor, log.seq))
        await log.move(delivery, delivery.cursor)

    async def forget(self, plugin: str, subscription: str | None = None) -> int:
        """Forget a durable subscription, or all of a plugin, with its dead letters; return how many.

        One that a running plugin declares is there again when the plugin is loaded anew.
        """
        found = (
            self._events.log.of_plugin(plugin)
            if subscription is None
            else [self._delivery(plugin, subscription)]
        )
        for one in found:
            self._events.router.drop_delivery(one)
            self._events.log.forget(one)
        return len(found)

    async def forget_plugin(self, plugin: str) -> int:
        """Forget all durable subscriptions of a plugin that is gone, on the disk too.

        Returns how many there were, dead letters included. Events that it emitted stay in the log for those
        who have not handled them, as long as any others.
        """
        for one in self._events.log.of_plugin(plugin):
            self._events.router.drop_delivery(one)
        return await self._events.log.forget_plugin(plugin)

    def statistics(self) -> EventStatistics:
        """Return counts."""
        events = self._events
        running, handlers = events.router.subscribers.values(), events.router.handlers
        durable = events.log.deliveries.values()
        return EventStatistics(
            emitted=events.emitted,
            logged=events.log.appended,
            delivered=sum(one.delivered for one in (*running, *durable)) + sum(h.handled for h in handlers),
            dropped=sum(one.dropped for one in (*running, *handlers)) + sum(one.lagged for one in durable),
            dead=sum(one.buried for one in durable),
            topics=len(events.topics.all()),
            subscribers=len(running) + len(durable) + len(handlers),
        )

    def _check_plugin(self, plugin: str) -> None:
        if not self._events.log.of_plugin(plugin):
            self._find(plugin)

    async def _waiting(self, delivery: Delivery) -> int:
        topics = await self._events.log.database.read(
            lambda connection: event_log.topics_after(connection, delivery.cursor)
        )
        return sum(
            count for topic, count in topics if any(matches(pattern, topic) for pattern in delivery.topics)
        )

    def _delivery(self, plugin: str, subscription: str) -> Delivery:
        log = self._events.log
        found = log.deliveries.get((plugin, subscription))
        if found is None:
            self._check_plugin(plugin)
            there = ", ".join(one.name for one in log.of_plugin(plugin)) or "none"
            raise InvalidParams(
                f"plugin {plugin!r} has no durable subscription {subscription!r}; it has {there}",
                remedy="subscriptions bear the names of the methods that handle them",
            )
        return found


def _seconds(since: object) -> float | None:
    """Return a time in seconds since the epoch; None if it is none."""
    try:
        time_s = since.timestamp() if isinstance(since, datetime) else since
    except (OverflowError, ValueError, OSError):  # a local time that the platform does not know
        return None
    return time_s if isinstance(time_s, float) and math.isfinite(time_s) else None


def _no_since(since: object, last: int) -> InvalidParams:
    return InvalidParams(
        f"since: found {repr(since)[:80]}; allowed: a datetime, seconds since the epoch as a finite float, "
        f"or the number of an event as an int, 0 to {last}"
    )
