"""Events of one host: who emits, who gets them, and what was declared. `PluginHost.events` is one.

An event that may be lost is handed on in the loop's next turn, so whoever emits waits for nobody. One that
may not be lost is on the disk before emitting returns.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from anyio.abc import TaskGroup

from host.clock import Clock
from host.errors import Denied, InvalidParams
from host.facade import Granted, Joining
from host.routing.durable_events import DurableEvents
from host.routing.event_fanout import EventFanout
from host.routing.event_topics import Topics
from host.routing.host_handlers import HostHandlers
from host.state.event_log import DeadLetter, LoggedEvent
from host.timing import Timing
from protocol.filters import where_fault
from protocol.messages.events import Event
from protocol.messages.provides import Subscription
from protocol.permissions import Permission
from protocol.topics import HOST_TOPICS, matches, own_topic, pattern_fault, topic_fault

logger = logging.getLogger(__name__)

MAX_SUBSCRIPTIONS: Final = 500
"""Of one plugin."""

_H = TypeVar("_H", bound=Callable[..., Awaitable[object] | object])


@dataclass(frozen=True, slots=True)
class EventLag:
    """How far one subscriber is behind."""

    plugin: str
    subscription: str
    """Empty for all subscriptions of a plugin to events that may be lost."""
    durable: bool
    waiting: int
    delivered: int
    lost: int
    error: str = ""


class Events:
    """Everything about events."""

    def __init__(self, clock: Clock, timing: Timing) -> None:
        self._clock = clock
        self._topics = Topics()
        self._durable = DurableEvents(clock, timing)
        self._fanout = EventFanout()
        self._handlers = HostHandlers()
        self._seq = 0
        self._tasks: TaskGroup | None = None

    # Life; see `Opens`.

    async def open(self, folder: Path, tasks: TaskGroup) -> None:
        """Open the log of durable events."""
        self._fanout.open()
        self._tasks = tasks
        self._seq = await self._durable.open(folder, tasks)

    async def aclose(self) -> None:
        """Write what is under way, and close."""
        await self._durable.aclose()

    # For the embedding program.

    def declare(
        self,
        topic: str,
        *,
        description: str = "",
        durable: bool = False,
        schema: Mapping[str, Any] | None = None,
        permission: str | None = None,
    ) -> None:
        """Say what a topic is: whether its events may be lost, what data they have, who may subscribe.

        Raises:
            InvalidParams: The topic, the schema or the permission can't be used.
        """
        self._topics.declare(
            topic, description=description, durable=durable, schema=schema, permission=permission
        )

    def on(
        self, topics: str | Sequence[str], *, where: Mapping[str, Any] | None = None
    ) -> Callable[[_H], _H]:
        """Have a function of the embedding program handle events; a decorator.

        It gets the data, or the whole `Event` if its parameter is annotated so, one event after the other.
        """
        return self._handlers.on(topics, where or {})

    async def emit(self, topic: str, data: Any = None, *, durable: bool | None = None) -> int:
        """Say that something happened; return the event's number. See `PluginHost.emit`."""
        if fault := topic_fault(topic):
            raise InvalidParams(fault)
        return await self._emit(topic, data, durable)

    def tell(self, topic: str, data: Mapping[str, Any]) -> None:
        """Emit what the host itself has to say, where it may be lost and nobody can wait."""
        self._seq += 1
        self._hand_on(topic, msgspec.json.encode(data), self._seq, self._clock.wall())

    def topics(self) -> list[str]:
        """Return every topic that was declared or seen."""
        return self._topics.known()

    async def lag(self) -> list[EventLag]:
        """Return how far every subscriber is behind."""
        lags = [
            EventLag(plugin, "", False, one.waiting, one.delivered, one.dropped)
            for plugin, one in self._fanout.subscribers.items()
        ]
        for one, waiting in await self._durable.lag():
            lags.append(EventLag(one.plugin, one.name, True, waiting, one.delivered, one.lagged, one.error))
        return lags

    async def dead_letters(self, plugin: str | None = None) -> list[DeadLetter]:
        """Return events that could not be handled, oldest first."""
        return await self._durable.dead_letters(plugin)

    async def redrive(self, plugin: str | None = None) -> int:
        """Have the dead letters of plugins that run handled again; return how many were."""
        return await self._durable.redrive(plugin)

    async def drop_dead_letters(self, plugin: str) -> int:
        """Forget a plugin's dead letters; return how many there were."""
        return await self._durable.drop_dead_letters(plugin)

    async def replay(
        self, plugin: str, subscription: str, *, since_s: float | None = None, after: int | None = None
    ) -> None:
        """Have a durable subscription get events again: those since a time, or behind an event's number."""
        await self._durable.replay(plugin, subscription, since_s=since_s, after=after)

    async def forget(self, plugin: str) -> None:
        """Forget a plugin's durable subscriptions, which are kept for it while it does not run."""
        await self._durable.forget(plugin)

    # What plugins do.

    async def emit_for(
        self, plugin: str, grants: Granted, topic: str, data: Any, durable: bool | None
    ) -> tuple[str, int]:
        """Emit for a plugin: freely under its own topics, with a permission under others."""
        topic = own_topic(plugin, topic)
        if fault := topic_fault(topic):
            raise InvalidParams(fault)
        if not topic.startswith(f"plugin.{plugin}."):
            if topic.partition(".")[0] == HOST_TOPICS:
                raise Denied(f"topics under {HOST_TOPICS}. are the host's own", plugin=plugin)
            required = Permission("events", "emit", topic)
            decision = grants.decide(required)
            if not decision.allowed:
                raise Denied(
                    decision.reason, remedy=decision.declare, plugin=plugin, permission=str(required)
                )
        return topic, await self._emit(topic, data, durable)

    def subscribe(self, session: Joining, subscription: Subscription) -> None:
        """Subscribe a session that runs.

        Raises:
            InvalidParams: The subscription can't be used.
        """
        subscriber = self._fanout.of(session)
        if subscriber is None:
            raise InvalidParams("the plugin is about to end")
        if faults := self._faults(session, (subscription,)):
            raise InvalidParams("; ".join(faults))
        if subscription.durable:
            self._durable.add(session, subscription, self._seq)
            self._durable.begin(session)
        else:
            subscriber.add(subscription)
            self._fanout.changed()

    async def unsubscribe(self, session: Joining, name: str) -> None:
        """End a subscription."""
        subscriber = self._fanout.of(session)
        if subscriber is not None and name in subscriber.subscriptions:
            subscriber.drop(name)
            self._fanout.changed()
        else:
            await self._durable.forget(session.plugin, name)

    def credit(self, plugin: str, n: int) -> None:
        """Take back credit for events that a plugin handled."""
        subscriber = self._fanout.subscribers.get(plugin)
        if subscriber is not None:
            subscriber.credit(n)

    # Sessions; see `Registry`.

    def check(self, session: Joining) -> Iterable[str]:
        """Return what is wrong with a session's subscriptions."""
        provides = session.provides
        yield from self._faults(session, provides.subscriptions)
        names = [one.name for one in provides.subscriptions]
        if len(set(names)) < len(names):
            yield "two subscriptions have the same name"
        for name in provides.handlers_by_name:
            topics = self._topics.named(name)
            if len(topics) > 1:
                yield f"on_{name} could mean {' or '.join(topics)}; use @on({topics[0]!r}) to say which"

    def join(self, session: Joining) -> None:
        """Note a session's subscriptions."""
        self._fanout.join(session)
        self._durable.join(session, [one for one in session.provides.subscriptions if one.durable], self._seq)

    def activated(self, session: Joining) -> None:
        """Begin with durable deliveries."""
        self._durable.begin(session)

    def leave(self, session: Joining) -> None:
        """Deliver no more."""
        self._fanout.leave(session)
        self._durable.leave(session)

    # Inside.

    def _faults(self, session: Joining, subscriptions: Sequence[Subscription]) -> list[str]:
        if len(subscriptions) > MAX_SUBSCRIPTIONS:
            return [f"it subscribes {len(subscriptions)} times; allowed: {MAX_SUBSCRIPTIONS}"]
        faults: list[str] = []
        for one in subscriptions:
            place = f"subscription {one.name[:80]!r}: "
            if not one.topics:
                faults.append(f"{place}it names no topic")
            found = [*map(pattern_fault, one.topics), where_fault(one.where)]
            faults += [place + fault for fault in found if fault]
            for declared in self._topics.declared.values():
                needed = declared.permission
                if needed is None or not any(matches(pattern, declared.topic) for pattern in one.topics):
                    continue
                decision = session.grants.decide(needed)
                if not decision.allowed:
                    faults.append(
                        f"{place}{decision.reason} Topic {declared.topic} needs it; {decision.declare}"
                    )
        return faults

    async def _emit(self, topic: str, data: Any, durable: bool | None) -> int:
        text = self._topics.encode(topic, data)
        if self._topics.see(topic):
            self._tell_ambiguous(topic)
        self._seq = seq = self._seq + 1
        now_s = self._clock.wall()
        if durable is None:
            declared = self._topics.declared.get(topic)
            durable = (declared is not None and declared.durable) or self._durable.wanted(topic)
        if durable:
            await self._durable.append(LoggedEvent(seq, topic, text, now_s))
        self._hand_on(topic, text, seq, now_s)
        return seq

    def _hand_on(self, topic: str, text: bytes, seq: int, now_s: float) -> None:
        event = Event(topic, msgspec.Raw(text), seq, now_s)
        self._fanout.hand_on(event)
        if self._tasks is not None:
            self._handlers.take(event, self._tasks)

    def _tell_ambiguous(self, topic: str) -> None:
        for subscriber in self._fanout.subscribers.values():
            for name in subscriber.session.provides.handlers_by_name:
                topics = self._topics.named(name)
                if topic in topics and len(topics) > 1:
                    logger.error(
                        "on_%s handles several topics: %s; use @on to say which",
                        name,
                        ", ".join(topics),
                        extra={"fields": {"plugin": subscriber.session.plugin}},
                    )
