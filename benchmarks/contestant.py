"""Contestant: one way to call a child process, behind the interface that all rows measure through.

A contestant is entered, started, called, stopped, perhaps started again, and left. What it can't do raises
`Absent`, and its row prints that. New abilities are methods here that raise `Absent` unless overridden.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Any, ClassVar, Self


class Absent(Exception):
    """This contestant, or this machine, can't do what a row measures."""


class Contestant(ABC):
    """One host with one child. Leaving it ends the child, whatever happened."""

    name: ClassVar[str]
    about: ClassVar[str]
    """One line for the report."""

    @classmethod
    def unavailable(cls) -> str:
        """Say why it can't be measured here; an empty text if it can."""
        return ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @abstractmethod
    async def start(self) -> None:
        """Start the child, so that `call` may follow."""

    @abstractmethod
    async def stop(self) -> None:
        """End the child; nothing happens if there is none. `start` may follow."""

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
