"""Host handlers: functions of the embedding program that handle events, one event after the other."""

import inspect
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from anyio.abc import TaskGroup

from host.errors import InvalidParams
from protocol.filters import Filter, compile_where, where_fault, written
from protocol.messages.events import Event
from protocol.topics import matches, pattern_fault

logger = logging.getLogger(__name__)

_Function = Callable[..., Awaitable[object] | object]
_H = TypeVar("_H", bound=_Function)


@dataclass(frozen=True, slots=True)
class _Handler:
    patterns: tuple[str, ...]
    passes: Filter | None
    function: _Function
    wants_event: bool


class HostHandlers:
    """All of one host."""

    def __init__(self) -> None:
        self._handlers: list[_Handler] = []
        self._waiting: deque[tuple[_Handler, Event]] = deque()
        self._handling = False

    def on(self, topics: str | Sequence[str], where: Mapping[str, Any]) -> Callable[[_H], _H]:
        """Add a function; see `Events.on`."""
        patterns = (topics,) if isinstance(topics, str) else tuple(topics)
        condition = written(where)
        for fault in [*map(pattern_fault, patterns), where_fault(condition)]:
            if fault:
                raise InvalidParams(fault)

        def add(function: _H) -> _H:
            annotations = inspect.get_annotations(function, eval_str=False).values()
            wants = any(one is Event or str(one).rpartition(".")[2] == "Event" for one in annotations)
            self._handlers.append(_Handler(patterns, compile_where(condition), function, wants))
            return function

        return add

    def take(self, event: Event, tasks: TaskGroup) -> None:
        """Have an event handled by whoever wants it."""
        for handler in self._handlers:
            if any(matches(pattern, event.topic) for pattern in handler.patterns):
                self._waiting.append((handler, event))
                if not self._handling:
                    self._handling = True
                    tasks.start_soon(self._run)

    async def _run(self) -> None:
        try:
            while self._waiting:
                handler, event = self._waiting.popleft()
                data = msgspec.json.decode(event.data)
                if handler.passes is None or handler.passes(data):
                    await _call(handler, event, data)
        finally:
            self._handling = False


async def _call(handler: _Handler, event: Event, data: Any) -> None:
    whole = Event(event.topic, data, event.seq, event.time)
    try:
        result = handler.function(whole if handler.wants_event else data)
        if inspect.isawaitable(result):
            await result
    except Exception:
        # The border to the embedding program's own code: other handlers get their events.
        logger.exception("a handler of %s failed", event.topic)
