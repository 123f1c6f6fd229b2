"""Event handlers of the embedding program: functions that `PluginHost.on` subscribed.

Each gets its events one after the other, in a task of the host; what it raises is logged and hurts nobody.
"""

import inspect
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import anyio
import anyio.to_thread
import msgspec
from anyio.abc import TaskGroup

from host.errors import InvalidParams
from protocol.filters import Filter, compile_where

logger = logging.getLogger(__name__)

MAX_QUEUED: Final = 1_000
"""Events that wait for one function; past that the oldest are lost, and counted."""

MAX_QUEUED_BYTES: Final = 16 * 1024 * 1024
"""Their data together; at least one event may wait, whatever its size."""


@dataclass(frozen=True, slots=True)
class Event:
    """What is known of an event beside its data."""

    topic: str
    data: Any
    seq: int
    """Grows from event to event."""
    time_s: float
    """When it was emitted, in seconds since the epoch."""


class HostHandler:
    """One function and what waits for it."""

    def __init__(self, function: Callable[..., Any], topics: tuple[str, ...], where: dict[str, Any]) -> None:
        self.function = function
        self.topics = topics
        self.passes: Filter | None = compile_where(where)
        self.name: str = getattr(function, "__qualname__", repr(function))
        self._wants_event = _wants_event(function)
        self._is_async = inspect.iscoroutinefunction(function)
        self._queue: deque[tuple[str, bytes, int, float]] = deque()
        self._queued_bytes = 0
        self._busy = False
        self.handled = 0
        self.failed = 0
        self.dropped = 0

    @property
    def waiting(self) -> int:
        """Events that wait for it."""
        return len(self._queue)

    def take(self, topic: str, data: bytes, seq: int, time_s: float, tasks: TaskGroup) -> None:
        """Have it handle an event, after those before it."""
        queue = self._queue
        self._queued_bytes += len(data)
        while queue and (len(queue) >= MAX_QUEUED or self._queued_bytes > MAX_QUEUED_BYTES):
            self._queued_bytes -= len(queue.popleft()[1])
            if self.dropped == 0:
                logger.warning("events are lost: %s does not handle them as fast as they come", self.name)
            self.dropped += 1
        queue.append((topic, data, seq, time_s))
        if not self._busy:
            self._busy = True
            tasks.start_soon(self._work)

    async def _work(self) -> None:
        queue = self._queue
        try:
            while queue:
                topic, text, seq, time_s = queue.popleft()
                self._queued_bytes -= len(text)
                data = msgspec.json.decode(text)
                args = (data, Event(topic, data, seq, time_s)) if self._wants_event else (data,)
                try:
                    if self._is_async:
                        await self.function(*args)
                    else:
                        await anyio.to_thread.run_sync(partial(self.function, *args))
                    self.handled += 1
                except Exception:
                    self.failed += 1
                    logger.exception("%s failed to handle %s", self.name, topic)
        finally:
            self._busy = False


def _wants_event(function: Callable[..., Any]) -> bool:
    """Tell whether it takes a second argument. Raises InvalidParams where it can't be called with data."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError) as exc:
        raise InvalidParams(f"{function!r} can't handle events: {exc}") from exc
    needed = [
        one
        for one in signature.parameters.values()
        if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD) and one.default is one.empty
    ]
    for count in (len(needed), 1):
        if count in (1, 2):
            try:
                signature.bind(*range(count))
            except TypeError:
                continue
            return count == 2
    raise InvalidParams(
        f"{getattr(function, '__qualname__', function)!r} can't handle events",
        remedy="let it take the data, or the data and the event",
    )
