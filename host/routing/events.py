"""Events: who says what happened, who may, and who hears of it. `PluginHost.events` is one.

Owns the checks of what plugins subscribe to and emit, and the order of an event's way: into the log if a
durable subscription wants it, and then to everybody else. What an operator asks of it is `EventsView`'s.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import anyio.lowlevel
import msgspec
from anyio.abc import TaskGroup

from host.clock import Clock
from host.errors import HostClosed, InvalidParams
from host.facade import Announced, Granted, Joining, Unfinished
from host.routing.event_checks import hearing_fault, subscription_faults
from host.routing.event_handlers import HostHandler
from host.routing.event_log_keeper import EventLogKeeper
from host.routing.event_router import EventRouter
from host.routing.event_subscriber import EventSubscriber
from host.routing.event_topics import Topics
from host.state.event_log import LoggedEvent
from host.state.settled import held
from protocol.filters import where_fault, written
from protocol.messages.events import EventsCredit
from protocol.messages.provides import Subscription
from protocol.topics import pattern_fault, topic_fault

logger = logging.getLogger(__name__)

_F = TypeVar("_F", bound=Callable[..., Any])

MAX_PENDING: Final = 512
"""Events of one turn of the loop after which an emitter lets others work."""

_credit = msgspec.json.Decoder(EventsCredit).decode


class Events:
    """All of one host."""

    def __init__(self, clock: Clock, log: EventLogKeeper) -> None:
        self.topics = Topics()
        self.log = log
        self.router = EventRouter(self.topics)
        self.emitted = 0
        self.heard: Callable[[str, bytes, int, float, str], None] | None = None
        """Told of each event: topic, data as JSON, number, time, and the plugin that emitted it."""
        self._clock = clock
        self._tasks: TaskGroup | None = None

    async def open(self, folder: Path, tasks: TaskGroup) -> None:
        """Open the log; see `Opens`."""
        self._tasks = tasks
        self.router.begin(tasks)
        await self.log.open(folder, tasks)
        for delivery in self.log.deliveries.values():
            self.router.add_delivery(delivery)

    async def aclose(self) -> None:
        """End every delivery, and close the log."""
        self._tasks = None
        self.router.end()
        for delivery in self.log.deliveries.values():
            self.router.drop_delivery(delivery)
        await self.log.aclose()

    # What happens.

    async def emit(
        self, topic: str, data: Any, durable: bool | None, *, of_plugin: str = "", by: str = ""
    ) -> int:
        """Say that something happened; return the event's number. A durable one is on the disk then.

        `by` is the plugin that emits it; `of_plugin` the same where the topic is under its own name.

        Raises:
            HostClosed, InvalidParams, DiskFull: Nobody hears of it.
        """
        if not self.log.runs:
            raise HostClosed("this host is not running")
        known = self.topics.get(topic)
        if known is None:
            if fault := topic_fault(topic):
                raise InvalidParams(fault)
            self._alike(self.topics.see(topic, of_plugin))
        text = self.topics.encode(topic, data, by)
        route = self.router.route(topic)
        if durable is None:
            durable = bool(route.durable) or self.topics.is_durable(topic, by)
        self.emitted += 1
        self.log.seq += 1
        seq, time_s = self.log.seq, self._clock.wall()
        if durable:
            event = LoggedEvent(seq, topic, text, time_s)
            await held(self.log.append(event, lambda: self._logged(event)))
        elif route.lossy:
            self.router.send(route, topic, text, seq, time_s)
            if self.router.pending >= MAX_PENDING:
                await anyio.lowlevel.checkpoint()
        if self.heard is not None:
            self.heard(topic, text, seq, time_s, by)
        return seq

    def tell(self, topic: str, data: Mapping[str, Any]) -> None:
        """Emit an event of the host itself, which may be lost; nothing while the host does not run."""
        if not self.log.runs:
            return
        self.topics.see(topic)
        route = self.router.route(topic)
        wanted = route.lossy or route.durable
        if not wanted and self.heard is None:
            return
        text, time_s = msgspec.json.encode(data), self._clock.wall()
        if wanted:
            self.emitted += 1
            self.log.seq += 1
            self.router.send(route, topic, text, self.log.seq, time_s)
        if self.heard is not None:
            self.heard(topic, text, self.log.seq, time_s, "")

    def _logged(self, event: LoggedEvent) -> None:
        # As it is now: another run may have taken over while the event was written.
        route = self.router.route(event.topic)
        for delivery in route.durable:
            delivery.wake()
        if route.lossy:
            self.router.send(route, event.topic, event.data, event.seq, event.time_s)

    def declare(
        self,
        topic: str,
        *,
        description: str,
        durable: bool,
        schema: Mapping[str, Any] | None,
        permission: str | None,
    ) -> None:
        """Declare a topic; see `EventsView.declare`."""
        alike = self.topics.declare(
            topic, description=description, durable=durable, schema=schema, permission=permission
        )
        self._alike(alike)
        self.router.changed()

    def on(self, topics: str | Sequence[str], where: Mapping[str, Any] | None) -> Callable[[_F], _F]:
        """Return a decorator that subscribes a function of the embedding program.

        Raises:
            InvalidParams: Topics, filter or function can't be used.
        """
        listed = (topics,) if isinstance(topics, str) else tuple(topics)
        condition = written(where or {})
        for fault in [*map(pattern_fault, listed), where_fault(condition)]:
            if fault:
                raise InvalidParams(fault)

        def subscribe(function: _F) -> _F:
            self.router.add_handler(HostHandler(function, listed, condition))
            return function

        return subscribe

    def announce(self, known: Sequence[Announced]) -> None:
        """Take the topics that manifests declare, and keep events for their durable subscriptions."""
        for alike in self.topics.announce({one.manifest.id: one.manifest.topics for one in known}):
            self._alike(alike)
        if self.log.runs:
            for one in [one for one in known if one.enabled]:
                for declared in one.manifest.subscriptions:
                    if declared.durable and (one.manifest.id, declared.name) not in self.log.deliveries:
                        delivery = self.log.subscribe(one.manifest.id, declared, in_code=True)
                        self.router.add_delivery(delivery)
        self.router.changed()

    # What a session brings; see `Registry`.

    def check(self, session: Joining) -> Iterable[str]:
        """Say what is wrong with what a plugin subscribes to."""
        provides = session.provides
        yield from subscription_faults(provides.subscriptions, session.grants, self.topics, 0)
        for name in provides.handlers_by_name:
            alike = self.topics.named(name)
            if len(alike) > 1:
                yield (
                    f"on_{name[:80]} could mean {' or '.join(alike[:5])}: subscribe it by "
                    f'@on("{alike[0]}"), or another of them'
                )
            elif alike and (fault := hearing_fault(alike[0], session.grants, self.topics)):
                yield f"on_{name[:80]} handles {alike[0]}: {fault}"

    def join(self, session: Joining) -> None:
        """Subscribe it to what may be lost."""
        self.router.join(EventSubscriber(session, self._clock.monotonic))

    def wait(self, session: Joining) -> None:
        """Take it in beside the run that gets the events."""
        self.router.aside[session.id] = EventSubscriber(session, self._clock.monotonic)

    def succeed(self, session: Joining, predecessor: Joining) -> Unfinished | None:
        """Subscribe it in its predecessor's place; what that one was sent it handles itself."""
        subscriber = self.router.aside[session.id]
        old = self.router.succeed(subscriber, predecessor.id)
        self.activated(session)
        for act in subscriber.at_the_switch:
            act()
        subscriber.at_the_switch.clear()
        for delivery in self.log.of_plugin(session.plugin):
            if delivery.serves(predecessor):
                # The former run registered it while it ran, and the new one has not: it waits.
                delivery.stop()
        return None if old is None else lambda: old.works

    def activated(self, session: Joining) -> None:
        """Remember its durable subscriptions, forget those that it no longer has, and deliver."""
        subscriber = self.router.subscribers.get(session.id)
        if subscriber is None or self._tasks is None:
            return
        declared = [one for one in session.provides.subscriptions if one.durable]
        names = {one.name for one in declared}
        for delivery in self.log.of_plugin(session.plugin):
            if delivery.in_code and delivery.name not in names:
                logger.info(
                    "the durable subscription %s is no longer declared, and forgotten",
                    delivery.name,
                    extra={"fields": {"plugin": session.plugin}},
                )
                self.router.drop_delivery(delivery)
                self.log.forget(delivery)
        for one in declared:
            self.subscribe_durably(subscriber, one, in_code=True)

    def leave(self, session: Joining) -> None:
        """Drop its subscriptions; the durable ones wait for it."""
        self.router.aside.pop(session.id, None)
        if self.router.leave(session.id) is not None:
            for delivery in self.log.of_plugin(session.plugin):
                delivery.stop()

    def subscribe_durably(self, subscriber: EventSubscriber, one: Subscription, *, in_code: bool) -> None:
        """Deliver what must not be lost, from where an earlier run of the plugin or host came."""
        old = self.log.deliveries.get((subscriber.session.plugin, one.name))
        if old is not None:
            self.router.drop_delivery(old)
        delivery = self.log.subscribe(subscriber.session.plugin, one, in_code=in_code)
        self.router.add_delivery(delivery)
        if self._tasks is not None:
            may_hear = self._may_hear(subscriber.session.grants)
            if delivery.runs:
                delivery.pass_on(subscriber.session, may_hear)
            else:
                delivery.begin(self._tasks, subscriber.session, may_hear)

    def _may_hear(self, grants: Granted) -> Callable[[str], bool]:
        def may_hear(topic: str) -> bool:
            known = self.topics.get(topic)
            return known is None or known.permission is None or grants.decide(known.permission).allowed

        return may_hear

    def _alike(self, alike: Sequence[str]) -> None:
        """Say it where a topic came up that a method by name could mean as well."""
        if not alike:
            return
        name = self.topics.name_of(alike[0])
        for plugin in self.router.handle_by_name(name):
            logger.warning(
                "on_%s gets the events of %s; those of %s, which reads the same, need @on",
                name,
                alike[0],
                alike[-1],
                extra={"fields": {"plugin": plugin}},
            )
