"""Events API: what plugins call to emit events, and to subscribe while they run."""

import logging
from collections.abc import Callable
from typing import Any, Final

import msgspec

from host.errors import Denied, HostClosed, InvalidParams
from host.facade import Caller
from host.routing.event_checks import subscription_faults
from host.routing.event_subscriber import EventSubscriber
from host.routing.events import Events
from host.routing.gateway import ApiGateway
from protocol.messages.events import Emitted, EventsCredit
from protocol.messages.provides import Subscription
from protocol.permissions import Permission
from protocol.topics import HOST_TOPICS, topic_fault

logger = logging.getLogger(__name__)

MAX_AT_THE_SWITCH: Final = 1_000
"""Changes of durable subscriptions that one run may make before it takes over from another."""

_credit = msgspec.json.Decoder(EventsCredit).decode


class EventsApi:
    """Of one host."""

    def __init__(self, events: Events) -> None:
        self._events = events

    def attach(self, gateway: ApiGateway) -> None:
        """Publish the functions to plugins."""
        gateway.attach_builtin("events.emit", self.emit_for)
        gateway.attach_builtin("events.subscribe", self.subscribe_for)
        gateway.attach_builtin("events.unsubscribe", self.unsubscribe_for)
        gateway.attach_notification("events.credit", self.credit)

    async def emit_for(
        self, caller: Caller, topic: str, data: Any = None, durable: bool | None = None
    ) -> Emitted:
        """Emit an event of a plugin."""
        if "." not in topic:
            topic = f"plugin.{caller.plugin}.{topic}"
        own = topic.startswith(f"plugin.{caller.plugin}.")
        if not own:
            if fault := topic_fault(topic):
                raise InvalidParams(fault)
            if topic.split(".")[0] in (HOST_TOPICS, "plugin"):
                raise Denied(
                    f"events under {topic!r} are emitted by the host and by the plugin that is named alone",
                    remedy=f"emit it under plugin.{caller.plugin}., or under a topic of the application",
                    plugin=caller.plugin,
                )
            required = Permission("events", "emit", topic)
            decision = self._subscriber(caller).session.grants.decide(required)
            if not decision.allowed:
                raise Denied(
                    decision.reason,
                    remedy=decision.declare,
                    plugin=caller.plugin,
                    permission=str(required),
                )
        seq = await self._events.emit(
            topic, data, durable, of_plugin=caller.plugin if own else "", by=caller.plugin
        )
        return Emitted(seq, topic)

    async def subscribe_for(self, caller: Caller, subscription: Subscription) -> None:
        """Subscribe a plugin that runs."""
        subscriber = self._subscriber(caller)
        taken = len(subscriber.subscriptions) + len(self._events.log.of_plugin(caller.plugin))
        if faults := list(
            subscription_faults([subscription], subscriber.session.grants, self._events.topics, taken)
        ):
            raise InvalidParams("; ".join(faults))
        if subscription.durable:
            self._durably(
                subscriber,
                lambda: self._events.subscribe_durably(subscriber, subscription, in_code=False),
            )
        else:
            self._events.router.add(subscriber, subscription)

    async def unsubscribe_for(self, caller: Caller, name: str) -> None:
        """End a subscription of a plugin that runs; a durable one is forgotten."""
        subscriber = self._subscriber(caller)
        self._events.router.drop(subscriber, name)
        self._durably(subscriber, lambda: self._forget(caller.plugin, name))

    def _durably(self, subscriber: EventSubscriber, act: Callable[[], None]) -> None:
        """Do something to the plugin's durable subscriptions, or at the switch to this run.

        A run that was replaced has no say in them any more: they are the new one's.
        """
        session = subscriber.session.id
        if session in self._events.router.subscribers:
            act()
        elif not subscriber.was_replaced:
            if len(subscriber.at_the_switch) >= MAX_AT_THE_SWITCH:
                raise InvalidParams(
                    f"durable subscriptions: allowed: {MAX_AT_THE_SWITCH} changes while it is loaded"
                )
            subscriber.at_the_switch.append(act)

    def _forget(self, plugin: str, name: str) -> None:
        delivery = self._events.log.deliveries.get((plugin, name))
        if delivery is not None:
            self._events.router.drop_delivery(delivery)
            self._events.log.forget(delivery)

    def credit(self, caller: Caller, method: str, params: msgspec.Raw) -> None:
        """Take note of events that a plugin handled."""
        subscriber = self._events.router.find(caller.session)
        try:
            n = _credit(params).n
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
            logger.warning("%s can't be read: %s", method, exc, extra={"fields": {"plugin": caller.plugin}})
            return
        if subscriber is not None:
            subscriber.credit(n)

    def _subscriber(self, caller: Caller) -> EventSubscriber:
        subscriber = self._events.router.find(caller.session)
        if subscriber is None:
            raise HostClosed("this run of the plugin is not taken in, or has ended")
        return subscriber
