"""Events: what happened, to whoever wants to know."""

from typing import Any

import msgspec

from protocol.messages.provides import Subscription


class Event(msgspec.Struct, frozen=True):
    """`plugin.event`, and one of `plugin.events`."""

    topic: str
    data: msgspec.Raw
    seq: int
    """Grows from event to event of one data folder; also the cursor of durable subscriptions."""
    time: float
    """Seconds since the epoch."""


class Events(msgspec.Struct, frozen=True):
    """`plugin.events`: a batch for one durable subscription."""

    subscription: str
    events: tuple[Event, ...]


class EventsHandled(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a batch was handled."""

    handled: int
    """`seq` of the last one; 0 if not even the first was."""
    error: str | None = None
    """Why the one behind it was not."""


class EventsEmit(msgspec.Struct, frozen=True, omit_defaults=True):
    """`events.emit`."""

    topic: str
    data: Any = None
    durable: bool | None = None
    """None: durable if the topic is declared so, or a durable subscription wants it."""


class Emitted(msgspec.Struct, frozen=True):
    """The host took it; where it is durable, it is on the disk."""

    seq: int
    topic: str


class EventsCredit(msgspec.Struct, frozen=True):
    """`events.credit`: the plugin handled so many events more."""

    n: int


class EventsSubscribe(msgspec.Struct, frozen=True):
    """`events.subscribe`: a subscription from code that runs."""

    subscription: Subscription


class EventsUnsubscribe(msgspec.Struct, frozen=True):
    """`events.unsubscribe`."""

    name: str
