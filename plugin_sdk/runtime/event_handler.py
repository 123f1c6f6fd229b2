"""Event handler: one function that handles events, and how it wants them.

Owns reading its parameters, once, and decoding data into the type that it asks for.
"""

import inspect
import typing
from collections.abc import Callable
from typing import Any

import msgspec

from plugin_sdk.api.host import Link
from plugin_sdk.events import Event
from protocol.filters import Filter, compile_where
from protocol.messages import events as wire
from protocol.signatures import SignatureFault
from protocol.topics import matches


class EventHandler:
    """One subscription's function; `function` is there once the plugin is loaded."""

    def __init__(
        self,
        name: str,
        topics: tuple[str, ...],
        where: dict[str, Any],
        durable: bool,
        shape: Callable[..., Any],
    ) -> None:
        """`shape`: the function as it is written, or one with the same parameters.

        Raises:
            SignatureFault: It can't be called with an event.
        """
        self.name = name
        self.topics = topics
        self.where = where
        self.durable = durable
        self.function: Callable[..., Any] | None = None
        self._passes: Filter | None = compile_where(where)
        self._known: dict[str, bool] = {}
        self._event_name, self._wants_topic, self._decode = _read(name, shape)
        self._is_async = inspect.iscoroutinefunction(shape)

    def wants(self, topic: str) -> bool:
        """Tell whether a topic is one of its."""
        known = self._known.get(topic)
        if known is None:
            if len(self._known) > 1_000:
                self._known.clear()
            known = self._known[topic] = any(matches(pattern, topic) for pattern in self.topics)
        return known

    async def handle(self, event: wire.Event, link: Link) -> None:
        """Call it; what it raises passes through. Data of a wrong type raise ValidationError."""
        if self._passes is not None and not self._passes(msgspec.json.decode(event.data)):
            return
        assert self.function is not None
        data = self._decode(event.data)
        args = (event.topic, data) if self._wants_topic else (data,)
        more = {}
        if self._event_name:
            more[self._event_name] = Event(event.topic, data, event.seq, event.time)
        if self._is_async:
            await self.function(*args, **more)
        else:
            await link.invoke(self.function, *args, **more)


def _read(name: str, function: Callable[..., Any]) -> tuple[str, bool, Callable[[Any], Any]]:
    """Return the parameter for the whole event, whether the topic comes first, and the data's decoder."""
    try:
        hints = typing.get_type_hints(function)
    except Exception as exc:  # an annotation may raise anything
        raise SignatureFault(f"{name}: its annotations can't be read: {exc}") from exc
    parameters = [one for one in inspect.signature(function).parameters.values() if one.name != "self"]
    event_name = next((one.name for one in parameters if hints.get(one.name) is Event), "")
    rest = [one for one in parameters if one.name != event_name]
    wants_topic = name.rpartition(".")[2] == "handle_event"
    needed = 2 if wants_topic else 1
    required = [
        one
        for one in rest
        if one.default is one.empty and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
    ]
    if len(required) > needed or (len(rest) < needed and not event_name):
        shape = "(event_type, data)" if wants_topic else "(data)"
        raise SignatureFault(
            f"{name}: a handler of events is called with {shape}, and an Event if it wants one"
        )
    if len(rest) < needed:
        raise SignatureFault(f"{name}: its first parameter is the event's data")
    annotation = hints.get(rest[needed - 1].name, Any)
    try:
        return event_name, wants_topic, msgspec.json.Decoder(annotation).decode
    except Exception as exc:  # msgspec has no one error for types that it does not know
        raise SignatureFault(f"{name}: JSON can't be read into {annotation}: {exc}") from exc
