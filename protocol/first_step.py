"""Runs a coroutine up to its first wait at once, and only then makes it a task.

Most handlers never wait, and a task costs them a turn of the event loop. While the coroutine runs here a
spare task stands for it, so that timeouts and cancel scopes that it opens belong to the task that takes it
over at its first wait. `_enter_task` and `_leave_task` are what asyncio documents for task implementations
(its chapter on extending).
"""

import asyncio
import asyncio.tasks
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context, copy_context
from typing import Any, cast

_switch = cast("Any", asyncio.tasks)
_enter_task: Callable[[asyncio.AbstractEventLoop, asyncio.Task[None]], None] = _switch._enter_task
_leave_task: Callable[[asyncio.AbstractEventLoop, asyncio.Task[None]], None] = _switch._leave_task


class FirstStep:
    """Starts coroutines in one task group, from callbacks of the loop."""

    __slots__ = ("_group", "_loop", "_spare")

    def __init__(self, loop: asyncio.AbstractEventLoop, group: asyncio.TaskGroup) -> None:
        self._loop = loop
        self._group = group
        self._spare = _Spare(loop, group)

    def start(self, coroutine: Coroutine[Any, Any, None], at_once: bool) -> asyncio.Task[None] | None:
        """Return the task if the coroutine waits for something, None if it has ended already.

        Without `at_once` it becomes a task from the beginning, as it must while another task is at work.
        """
        loop = self._loop
        spare = self._spare
        if not (at_once and spare.parked):
            return self._group.create_task(coroutine)
        context = copy_context()
        task = spare.task
        _enter_task(loop, task)
        try:
            waits_for = context.run(coroutine.send, None)
        except StopIteration:
            return None
        finally:
            _leave_task(loop, task)
        spare.take_over(coroutine, waits_for, context)
        self._spare = _Spare(loop, self._group)
        return task

    def close(self) -> None:
        """End the spare task, which would wait for ever."""
        self._spare.task.cancel()


class _Spare:
    """A task that waits for a coroutine that it can go on with."""

    __slots__ = ("_given", "_handed", "parked", "task")

    def __init__(self, loop: asyncio.AbstractEventLoop, group: asyncio.TaskGroup) -> None:
        self._handed: asyncio.Future[None] = loop.create_future()
        self._given: tuple[Coroutine[Any, Any, None], Any, Context] | None = None
        self.parked = False
        """Whether the task has come to where it waits; one cancelled before its first step never runs."""
        self.task = group.create_task(self._run())

    def take_over(self, coroutine: Coroutine[Any, Any, None], waits_for: Any, context: Context) -> None:
        """Go on with a coroutine that waits for `waits_for`."""
        self._given = (coroutine, waits_for, context)
        self.parked = False
        if not self._handed.done():
            self._handed.set_result(None)

    async def _run(self) -> None:
        await self

    def __await__(self) -> Generator[Any, Any, None]:
        self.parked = True
        error: BaseException | None = None
        try:
            yield from self._handed
        except BaseException as exc:
            if self._given is None:
                raise
            error = exc
        assert self._given is not None
        coroutine, waits_for, context = self._given
        self._given = None
        value: Any = None
        while True:
            if error is None:
                try:
                    value = yield waits_for
                except BaseException as exc:  # noqa: BLE001 - whatever it is, it is thrown where it belongs
                    error = exc
            try:
                if error is None:
                    waits_for = context.run(coroutine.send, value)
                else:
                    thrown, error = error, None
                    waits_for = context.run(coroutine.throw, thrown)
            except StopIteration:
                return
