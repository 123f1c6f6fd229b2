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

_any = msgspec.json.Decoder[Any](Any).decode


class EventHandler:
    """One subscription's function; `function` is there once the plugin is loaded."""

    __slots__ = (
        "_decode",
        "_event_name",
        "_is_async",
        "_passes",
        "_wants_topic",
        "durable",
        "function",
        "name",
        "topics",
        "where",
    )

    def __init__(
        self,
        name: str,
        topics: tuple[str, ...],
        where: dict[str, Any],
        durable: bool,
        shape: Callable[..., Any],
        *,
        takes_all: bool = False,
    ) -> None:
        """`shape`: the function as it is written. With `takes_all` the topic comes before the data.

        Raises:
            SignatureFault: It can't be called with an event.
        """
        self.name = name
        self.topics = topics
        self.where = where
        self.durable = durable
        self.function: Callable[..., Any] | None = None
        self._passes: Filter | None = compile_where(where)
        self._wants_topic = takes_all
        self._event_name, self._decode = _read(name, shape, takes_all)
        self._is_async = inspect.iscoroutinefunction(shape)

    def passes(self, event: wire.Event) -> bool:
        """Tell whether its filter lets the event through."""
        return self._passes is None or self._passes(_any(event.data))

    async def handle(self, event: wire.Event, link: Link) -> None:
        """Call it; what it raises passes through. Data of a wrong type raise ValidationError."""
        function = self.function
        assert function is not None
        data = self._decode(event.data)
        args = (event.topic, data) if self._wants_topic else (data,)
        if self._event_name:
            more = {self._event_name: Event(event.topic, data, event.seq, event.time)}
            if self._is_async:
                await function(*args, **more)
            else:
                await link.invoke(function, *args, **more)
        elif self._is_async:
            await function(*args)
        else:
            await link.invoke(function, *args)


def _read(name: str, function: Callable[..., Any], takes_all: bool) -> tuple[str, Callable[[Any], Any]]:
    """Return the parameter for the whole event, if there is one, and the data's decoder."""
    try:
        hints = typing.get_type_hints(function)
    except Exception as exc:  # an annotation may raise anything
        raise SignatureFault(f"{name}: its annotations can't be read: {exc}") from exc
    parameters = [one for one in inspect.signature(function).parameters.values() if one.name != "self"]
    needed = 2 if takes_all else 1
    event_name = next((one.name for one in parameters if hints.get(one.name) is Event), "")
    if not event_name and len(parameters) > needed:
        extra = parameters[needed]
        event_name = "event" if extra.name == "event" and extra.name not in hints else ""
    rest = [one for one in parameters if one.name != event_name]
    required = [
        one
        for one in rest
        if one.default is one.empty and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
    ]
    if len(required) > needed or len(rest) < needed:
        shape = "(event_type, data)" if takes_all else "(data)"
        raise SignatureFault(
            f"{name}: a handler of events is called with {shape}, and beside them with an Event where a "
            "parameter is annotated with it"
        )
    annotation = hints.get(rest[needed - 1].name, Any)
    try:
        return event_name, msgspec.json.Decoder(annotation).decode
    except Exception as exc:  # msgspec has no one error for types that it does not know
        raise SignatureFault(f"{name}: JSON can't be read into {annotation}: {exc}") from exc
