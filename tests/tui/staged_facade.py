"""StagedFacade: a host whose rows, lines and pages a test sets, with a clock that stands still.

It can vanish and come back, refuses what it is told to refuse, and keeps what was done to it.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from tui.staged_rows import host_row
from tui.staged_verbs import StagedVerbs

from host.base_error import PlughostError
from host.errors import NoHost
from host.facade.board import Board, Differ, as_rows
from host.facade.facade import Facade
from host.facade.rows import (
    HOST,
    METHODS,
    PLUGINS,
    PROBLEMS,
    PROMPTS,
    HostRow,
    MethodRow,
    PluginRow,
    ProblemRow,
    PromptRow,
)
from host.facade.tails import Batch, EventRow, LogRow, Source, Tail, TailQuery, TraceRow


class StagedFacade(StagedVerbs):
    """One host that is not there."""

    def __init__(self, rows: Sequence[PluginRow] = (), problems: Sequence[ProblemRow] = ()) -> None:
        super().__init__()
        self.rows = {row.id: row for row in rows}
        self.problem_rows = {row.id: row for row in problems}
        self.host_row: HostRow | None = None
        """None: made from the rows."""
        self.epoch = "run-1"
        self.lines: dict[Source, list[Any]] = {"logs": [], "events": [], "rpc": []}
        self.gone: PlughostError | None = None
        self._watchers: list[tuple[tuple[str, ...], Differ, Board]] = []
        self._tails: list[tuple[TailQuery, Tail]] = []

    # What a test does with it

    @asynccontextmanager
    async def connect(self) -> AsyncGenerator[Facade, None]:
        """Be connected to; refused while the host is gone."""
        if self.gone is not None:
            raise self.gone
        yield self

    def remove(self, plugin: str) -> None:
        """Have a plugin be no more."""
        del self.rows[plugin]
        self.push()

    def set_problems(self, *problems: ProblemRow) -> None:
        """Have these problems and no others."""
        self.problem_rows = {row.id: row for row in problems}
        self.push()

    def set_prompts(self, *prompts: PromptRow) -> None:
        """Have these prompts wait and no others."""
        self.prompt_rows = {row.id: row for row in prompts}
        self.push()

    def set_methods(self, plugin: str, rows: list[MethodRow]) -> None:
        """Have these methods."""
        self.method_rows[plugin] = rows
        self.push()

    def push(self) -> None:
        """Send every watcher what is different."""
        for topics, differ, board in self._watchers:
            frame = differ.frame(self._picture(topics), self.clock.wall())
            if frame is not None:
                board.apply(frame)

    def log(self, *rows: LogRow, dropped: int = 0) -> None:
        """Have lines logged."""
        self._tell("logs", rows, dropped)

    def event(self, *rows: EventRow) -> None:
        """Have events happen."""
        self._tell("events", rows, 0)

    def trace(self, *rows: TraceRow) -> None:
        """Have calls made."""
        self._tell("rpc", rows, 0)

    def vanish(self, error: PlughostError | None = None) -> None:
        """End every connection, and refuse new ones."""
        self.gone = error or NoHost(
            "no host listens at /run/chat/control.sock", remedy="start one: plughost run"
        )
        for _, _, board in self._watchers:
            board.close(self.gone)
        for _, tail in self._tails:
            tail.close(self.gone)

    def come_back(self, *, same_run: bool = False) -> None:
        """Be there again, by default as another run of the host."""
        self.gone = None
        if not same_run:
            self.epoch += "+"

    def followed(self, source: Source) -> list[TailQuery]:
        """Return which lines somebody follows now."""
        return [query for query, _ in self._tails if query.source == source]

    def watched(self) -> list[str]:
        """Return which topics somebody watches now."""
        return [topic for topics, _, _ in self._watchers for topic in topics]

    def _tell(self, source: Source, rows: Sequence[Any], dropped: int) -> None:
        self.lines[source].extend(rows)
        for query, tail in self._tails:
            if query.source == source:
                tail.take(Batch([row for row in rows if _wanted(query, row)], dropped))

    def _picture(self, topics: Sequence[str]) -> dict[str, dict[str, Mapping[str, Any]]]:
        host = self.host_row or host_row(list(self.rows.values()), len(self.problem_rows))
        picture: dict[str, dict[str, Mapping[str, Any]]] = {}
        for topic in topics:
            if topic == HOST:
                picture[topic] = as_rows([("", host)])
            elif topic == PLUGINS:
                picture[topic] = as_rows(self.rows.items())
            elif topic == PROBLEMS:
                picture[topic] = as_rows(self.problem_rows.items())
            elif topic == PROMPTS:
                picture[topic] = as_rows(self.prompt_rows.items())
            elif topic.startswith(METHODS):
                rows = self.method_rows.get(topic.removeprefix(METHODS), [])
                picture[topic] = as_rows((row.name, row) for row in rows)
        return picture

    # What a monitor does with it

    @asynccontextmanager
    async def watch(self, topics: Sequence[str], *, hz: float = 2.0) -> AsyncGenerator[Board, None]:
        watcher = (tuple(topics), Differ(self.epoch), Board())
        frame = watcher[1].frame(self._picture(topics), self.clock.wall())
        assert frame is not None
        watcher[2].apply(frame)
        self._watchers.append(watcher)
        try:
            yield watcher[2]
        finally:
            self._watchers.remove(watcher)

    @asynccontextmanager
    async def tail(self, wanted: TailQuery) -> AsyncGenerator[Tail, None]:
        follower = (wanted, Tail())
        before = [row for row in self.lines[wanted.source] if _wanted(wanted, row)]
        follower[1].take(Batch(before[-wanted.last :] if wanted.last else []))
        self._tails.append(follower)
        try:
            yield follower[1]
        finally:
            self._tails.remove(follower)


def _wanted(query: TailQuery, row: Any) -> bool:
    if query.plugins and row.plugin not in query.plugins:
        return False
    if isinstance(row, LogRow):
        return row.level >= query.level
    return not (isinstance(row, EventRow) and query.kinds and row.kind not in query.kinds)
