"""`@on("session.created")`: a method that handles events."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar

from plugin_sdk.decorators.arguments import checked
from plugin_sdk.marks import Mark, put_mark
from protocol.filters import written

_F = TypeVar("_F", bound=Callable[..., Any])


class OnMark(Mark, frozen=True):
    """A method that is subscribed."""

    part: ClassVar[str] = "events"
    topics: tuple[str, ...]
    where: Mapping[str, Any] = MappingProxyType({})
    durable: bool = False
    name: str = ""
    """Of the subscription, where it is not the method's."""


@checked('on("session.created")')
def on(
    topics: str | Sequence[str], *, where: Mapping[str, Any] | None = None, durable: bool = False
) -> Callable[[_F], _F]:
    """Have a method handle events of a topic, of several, or of a pattern such as `session.*` or `user.**`.

    The method gets the event's data, and the whole `Event` too if a parameter is annotated with it. It may be
    async or not; its events come one after the other. `where` is a filter on the data that the host
    evaluates, such as `where={"content": contains("!example")}`. With `durable=True` no event is lost: each
    is handled at least once, also those that came while the plugin did not run, and tried again when the
    method raises.
    """
    listed = (topics,) if isinstance(topics, str) else tuple(topics)
    return lambda function: put_mark(function, OnMark(listed, written(where or {}), durable))
