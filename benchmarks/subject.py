"""Subject: a contestant whose host side is Python, so that the driver measures it by calling it.

A subject is started, called, stopped and left. What it can't do raises `Absent`. New abilities are methods
here that raise `Absent` unless they are overridden.
"""

import asyncio
import time
from abc import abstractmethod
from types import TracebackType
from typing import Any, ClassVar, Literal, Self

from benchmarks.contestant import Absent, Contestant

SMALL: dict[str, Any] = {"id": 7, "name": "echo", "tags": ["a", "b"], "share": 0.5}


class Subject(Contestant):
    """One host with one standing child. Leaving it ends the child, whatever happened."""

    loop: ClassVar[Literal["asyncio", "uvloop"]] = "asyncio"
    """The event loop that its driver runs on."""
    small: ClassVar[Any] = SMALL
    """What a small call carries; the same object in a form that it sends as a whole."""
    streamed: ClassVar[int] = 5_000
    """Items of one stream."""

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        """`tasks` is where it may leave something running until it is stopped."""
        self.tasks = tasks
        self.started: list[int] = []
        """Processes of the further children."""
        self._more: list[Self] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop_many()
        await self.stop()

    @abstractmethod
    async def start(self) -> None:
        """Start the child, so that `call` may follow."""

    @abstractmethod
    async def stop(self) -> None:
        """End the child; nothing happens if there is none."""

    @property
    @abstractmethod
    def pid(self) -> int:
        """The child's process."""

    @abstractmethod
    async def call(self, value: Any) -> Any:
        """Have the child echo a JSON value."""

    async def keep_busy(self, value: Any, in_flight: int, until_s: float) -> int:
        """Keep `in_flight` calls under way until `until_s` on `time.perf_counter`; return their number."""
        calls = 0

        async def one_after_the_other() -> None:
            nonlocal calls
            while time.perf_counter() < until_s:
                await self.call(value)
                calls += 1

        async with asyncio.TaskGroup() as callers:
            for _ in range(in_flight):
                callers.create_task(one_after_the_other())
        return calls

    async def take_stream(self, items: int) -> None:
        """Have the child stream small items, and take all of them."""
        raise Absent("it has no streams, or none that this suite uses")

    async def notify(self, count: int) -> None:
        """Send notifications; return when the child has told that it took them all."""
        raise Absent("it has no notifications, or none that this suite uses")

    async def call_back(self, seconds: float) -> float:
        """Have the child call its host, one call after the other; return their p50 in microseconds."""
        raise Absent("its child can't call the host, or not in a way that this suite uses")

    async def storage_get(self, seconds: float) -> float:
        """Have the child read a key of its host, again and again; return the p50 in microseconds."""
        raise Absent("it keeps nothing for its children")

    async def start_many(self, count: int) -> list[int]:
        """Start further children side by side, until each has answered a call; return their processes."""
        self._more = [type(self)(self.tasks) for _ in range(count)]
        async with asyncio.TaskGroup() as starts:
            for one in self._more:
                starts.create_task(one.start())
        async with asyncio.TaskGroup() as calls:
            for one in self._more:
                calls.create_task(one.check_echo())
        return [one.pid for one in self._more]

    async def stop_many(self) -> None:
        """End what `start_many` started."""
        more, self._more = self._more, []
        for one in more:
            await one.stop()

    async def check_echo(self) -> None:
        """Call once.

        Raises:
            RuntimeError: Something else came back.
        """
        if (answer := await self.call(self.small)) != self.small:
            raise RuntimeError(f"{self.name} answered with another value: {answer!r:.200}")
