"""Worker threads for `def` handlers.

Not the standard library's pool: that one queues without bound and is joined at exit, so one blocked handler
would keep the process from leaving. These threads are daemons, and a full pool says so.
"""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from protocol.errors import OVERLOADED, RpcError

MAX_THREADS = 16
"""Handlers that may run in threads at once. Source: behaviour in numbers, *Wire*."""

_Job = tuple[Callable[[], Any], "asyncio.Future[Any]"]


class Pool:
    """At most `size` threads, started as they are needed and kept."""

    def __init__(self, loop: asyncio.AbstractEventLoop, size: int = MAX_THREADS) -> None:
        self._loop = loop
        self._size = size
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        self._threads: int = 0
        self.busy = 0
        """Threads at work, those included whose caller has gone."""

    def submit(self, function: Callable[[], Any]) -> "asyncio.Future[Any]":
        """Run `function` in a thread, in a copy of this context.

        Raises:
            RpcError: `overloaded`, if all threads are busy.
        """
        if self.busy >= self._size:
            raise RpcError(OVERLOADED, f"all {self._size} handler threads are busy")
        if self.busy == self._threads:
            thread = threading.Thread(target=self._work, name=f"handler-{self._threads + 1}", daemon=True)
            try:
                thread.start()
            except RuntimeError as exc:
                raise RpcError(OVERLOADED, f"no further handler thread can be started: {exc}") from None
            self._threads += 1
        future: asyncio.Future[Any] = self._loop.create_future()
        self.busy += 1
        self._jobs.put((_in_context(function), future))
        return future

    def _work(self) -> None:
        while True:
            function, future = self._jobs.get()
            try:
                outcome, error = function(), None
            except BaseException as exc:  # noqa: BLE001 - whatever it is belongs to the caller, the thread goes on
                outcome, error = None, exc
            try:
                self._loop.call_soon_threadsafe(self._done, future, outcome, error)
            except RuntimeError:
                return  # the loop is closed: the process is leaving
            del function, future, outcome, error

    def _done(self, future: "asyncio.Future[Any]", outcome: Any, error: BaseException | None) -> None:
        self.busy -= 1
        if future.done():
            return
        if error is not None and (isinstance(error, StopIteration) or not isinstance(error, Exception)):
            # Neither may go through a future: the one it refuses, the others would end the whole process.
            cause = error
            error = RuntimeError(f"the handler raised {type(cause).__name__}: {cause}")
            error.__cause__ = cause
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(outcome)


def _in_context(function: Callable[[], Any]) -> Callable[[], Any]:
    context = contextvars.copy_context()
    return lambda: context.run(function)
