"""`events.*` in memory: which events reach the plugin, and when it has handled them."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from plugin_sdk.testing.fake_config import Ask
from plugin_sdk.testing.fake_storage import Function
from plugin_sdk.testing.refusals import refusal
from protocol.errors import DENIED, INVALID_PARAMS
from protocol.filters import compile_where, where_fault
from protocol.messages.events import (
    Emitted,
    Event,
    Events,
    EventsCredit,
    EventsEmit,
    EventsHandled,
    EventsSubscribe,
    EventsUnsubscribe,
)
from protocol.messages.provides import Provides, Subscription
from protocol.permissions import Permission
from protocol.topics import HOST_TOPICS, as_name, matches, own_topic, pattern_fault, topic_fault


class FakeEvents:
    """Events of one plugin and of the application around it."""

    def __init__(
        self,
        plugin: str,
        now_s: Callable[[], float],
        ask: Ask,
        tell: Callable[[str, Any], None],
        require: Callable[[Permission], None],
        start: Callable[[Any], None],
    ) -> None:
        """`tell` notifies the plugin, `require` raises `denied`, `start` runs work beside a call."""
        self._plugin = plugin
        self._now_s = now_s
        self._ask = ask
        self._tell = tell
        self._require = require
        self._start = start
        self._subscriptions: dict[str, Subscription] = {}
        self._names: frozenset[str] = frozenset()
        self._handles_all = False
        self._seq = 0
        self._sent = 0
        self._handled = 0
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self.failed: list[str] = []
        """Why events of durable subscriptions could not be handled."""

    def functions(self) -> dict[str, Function]:
        """Return what answers each method."""
        return {
            "events.emit": self._emit,
            "events.subscribe": self._subscribe,
            "events.unsubscribe": self._unsubscribe,
        }

    def join(self, provides: Provides) -> None:
        """Take in what a session of the plugin subscribes to."""
        self._subscriptions = {one.name: one for one in provides.subscriptions}
        self._names = frozenset(provides.handlers_by_name)
        self._handles_all = provides.handles_all
        self._sent = self._handled = 0

    def leave(self) -> None:
        """Let go whoever waits: the plugin is gone."""
        for _, future in self._waiting:
            if not future.done():
                future.set_result(None)
        self._waiting.clear()

    def credit(self, params: msgspec.Raw) -> None:
        """Hear of events that were handled."""
        self._handled += msgspec.json.decode(params, type=EventsCredit).n
        for one in [one for one in self._waiting if one[0] <= self._handled]:
            self._waiting.remove(one)
            if not one[1].done():
                one[1].set_result(None)

    async def emit(self, topic: str, data: Any = None) -> int:
        """Say that something happened, wait until the plugin has handled it, and return its number."""
        if fault := topic_fault(topic):
            raise refusal(INVALID_PARAMS, fault)
        event = self._event(topic, data)
        await self._deliver(event, data)
        return event.seq

    def _event(self, topic: str, data: Any) -> Event:
        self._seq += 1
        return Event(topic, msgspec.Raw(msgspec.json.encode(data)), self._seq, self._now_s())

    async def _deliver(self, event: Event, data: Any) -> None:
        wanted = [one for one in self._subscriptions.values() if _wants(one, event.topic, data)]
        lossy = any(not one.durable for one in wanted)
        foreign = not event.topic.startswith(f"plugin.{self._plugin}.")
        if lossy or (self._handles_all and foreign) or as_name(event.topic) in self._names:
            self._sent += 1
            self._tell("plugin.event", event)
            await self._until_handled(self._sent)
        for one in wanted:
            if one.durable:
                raw = await self._ask("plugin.events", Events(one.name, (event,)))
                answer = msgspec.json.decode(raw, type=EventsHandled)
                if answer.error is not None:
                    self.failed.append(f"{one.name}, handling {event.topic}: {answer.error}")

    async def _until_handled(self, count: int) -> None:
        if self._handled < count:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append((count, future))
            await future

    async def _emit(self, asked: EventsEmit) -> Emitted:
        topic = own_topic(self._plugin, asked.topic)
        if not topic.startswith(f"plugin.{self._plugin}."):
            if fault := topic_fault(topic):
                raise refusal(INVALID_PARAMS, fault)
            if topic.split(".")[0] in (HOST_TOPICS, "plugin"):
                raise refusal(
                    DENIED,
                    f"events under {topic!r} are emitted by the host and by the plugin that is named alone",
                    remedy=f"emit it under plugin.{self._plugin}., or under a topic of the application",
                    plugin=self._plugin,
                )
            self._require(Permission("events", "emit", topic))
        event = self._event(topic, asked.data)
        # Whoever emits waits for nobody, and a plugin may hear its own events.
        self._start(self._deliver(event, asked.data))
        return Emitted(event.seq, topic)

    async def _subscribe(self, asked: EventsSubscribe) -> None:
        one = asked.subscription
        faults = [fault for fault in [*map(pattern_fault, one.topics), where_fault(one.where)] if fault]
        if faults:
            raise refusal(INVALID_PARAMS, "; ".join(faults))
        self._subscriptions[one.name] = one

    async def _unsubscribe(self, asked: EventsUnsubscribe) -> None:
        self._subscriptions.pop(asked.name, None)


def _wants(one: Subscription, topic: str, data: Any) -> bool:
    if not any(matches(pattern, topic) for pattern in one.topics):
        return False
    passes = compile_where(one.where)
    return passes is None or passes(data)
