"""Link: keeps the monitor connected: connects, fills the model, and tries again when the host is gone.

Runs in the task group of `run_monitor`, touches no widget. `Feed` follows one tail as long as somebody looks,
over every new connection.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

import anyio
from anyio.abc import TaskGroup

from host.base_error import PlughostError
from host.facade.board import Board, OutOfStep, topics_of
from host.facade.facade import Facade
from host.facade.tails import TailQuery
from host.tui.border import clean, clean_line, cleaned
from host.tui.model import Model

Connect = Callable[[], AbstractAsyncContextManager[Facade]]

STATE_HZ: Final = 10.0
METHODS_HZ: Final = 1.0
RETRY_S: Final = 1.0
"""Between two tries; a host that is started anew is there within a second or two."""


class Link:
    """The connection, over and over."""

    def __init__(self, connect: Connect, model: Model, retry_s: float = RETRY_S) -> None:
        self._connect = connect
        self._model = model
        self._retry_s = retry_s
        self._facade: Facade | None = None
        self._changed = anyio.Event()
        self.connections = 0
        """How many there were; another number means that what was read of the host is from before."""

    @property
    def facade(self) -> Facade | None:
        """The host; None while there is no connection."""
        return self._facade

    @property
    def epoch(self) -> str:
        """Names the run of the host that is followed, or was last."""
        return self._model.epoch

    async def run(self) -> None:
        """Connect and follow, until cancelled."""
        while True:
            try:
                async with self._connect() as facade:
                    await self._follow(facade)
            except* (PlughostError, OSError, OutOfStep) as group:
                error = _first(group)
                message = error.message if isinstance(error, PlughostError) else str(error)
                remedy = error.remedy if isinstance(error, PlughostError) else ""
                self._model.gone(clean(message), clean(remedy))
            finally:
                self._set(None)
            await anyio.sleep(self._retry_s)

    async def _follow(self, facade: Facade) -> None:
        page = await facade.host()
        async with facade.watch(topics_of(), hz=STATE_HZ) as board:
            self._model.page = cleaned(page)
            self._model.take(board, await board.moved())
            self._model.live()
            self._set(facade)
            while True:
                before = self._model.epoch
                self._model.take(board, await board.moved())
                if self._model.epoch != before:
                    self._tell()

    def _set(self, facade: Facade | None) -> None:
        if facade is self._facade:
            return
        self._facade = facade
        self.connections += facade is not None
        self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()

    async def live(self) -> Facade:
        """Wait for a connection."""
        while self._facade is None:
            await self._changed.wait()
        return self._facade

    async def ended(self, facade: Facade, epoch: str) -> None:
        """Wait until this connection is no more, or shows another run."""
        while self._facade is facade and self.epoch == epoch:
            await self._changed.wait()


class Feed:
    """Something that is followed while it is open: a tail, or a board of its own."""

    def __init__(self, tasks: TaskGroup, link: Link) -> None:
        self._tasks = tasks
        self._link = link
        self._scope: anyio.CancelScope | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody looks."""
        return self._scope is not None

    def tail(
        self, query: TailQuery, take: Callable[[Sequence[Any], int], None], began: Callable[[str], None]
    ) -> None:
        """Follow a tail. Ends what was open.

        `began` is told, before the first lines of each connection, which run of the host they are of: whoever
        holds lines knows them by number within one run alone. `take` is given clean lines and how many were
        lost before them.
        """

        async def follow(facade: Facade, epoch: str) -> None:
            async with facade.tail(query) as lines:
                began(epoch)
                async for batch in lines:
                    take([clean_line(line) for line in batch.lines], batch.dropped)

        self._open(follow)

    def board(self, topics: Sequence[str], hz: float, take: Callable[[Board], None]) -> None:
        """Follow a board, empty ones too. Ends what was open."""

        async def follow(facade: Facade, _: str) -> None:
            async with facade.watch(topics, hz=hz) as board:
                while True:
                    take(board)
                    await board.moved()

        self._open(follow)

    def close(self) -> None:
        """End it; nothing is given any more."""
        if self._scope is not None:
            self._scope.cancel()
            self._scope = None

    def _open(self, follow: Callable[[Facade, str], Any]) -> None:
        self.close()
        self._scope = anyio.CancelScope()
        self._tasks.start_soon(self._run, self._scope, follow)

    async def _run(self, scope: anyio.CancelScope, follow: Callable[[Facade, str], Any]) -> None:
        with scope:
            while True:
                facade = await self._link.live()
                epoch = self._link.epoch
                try:
                    async with anyio.create_task_group() as tasks:
                        tasks.start_soon(self._cancel_at_end, tasks.cancel_scope, facade, epoch)
                        await follow(facade, epoch)
                        tasks.cancel_scope.cancel()
                except* (PlughostError, OSError, OutOfStep):
                    pass
                # A plugin that is gone, or a connection: either way the next one is asked when it is there.
                with anyio.move_on_after(RETRY_S):
                    await self._link.ended(facade, epoch)

    async def _cancel_at_end(self, scope: anyio.CancelScope, facade: Facade, epoch: str) -> None:
        await self._link.ended(facade, epoch)
        scope.cancel()


def _first(group: BaseExceptionGroup[Exception]) -> Exception:
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner
