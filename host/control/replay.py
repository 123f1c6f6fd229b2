"""Replay: a recording, as a facade: boards and tails move as they moved, some queries are answered.

Verbs are refused. Its time is its own: `run` lets it pass, at any speed; `seek` goes to a second of it, which
is all that a snapshot needs.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, cast

import anyio
import msgspec

from host.control.recording import Moment, read_recording
from host.errors import ContributionNotFound, Denied, PluginNotFound
from host.facade.board import Board, Differ, Frame
from host.facade.facade import Facade
from host.facade.pages import ContributionRow, HostPage, WidgetPage
from host.facade.queries import QUERIES
from host.facade.rows import PluginRow, ProblemRow
from host.facade.tails import LINE_TYPES, Batch, Source, Tail, TailQuery
from host.facade.verbs import VERBS
from protocol.topics import matches

TICK_S: Final = 0.05
"""How often `run` moves on, in seconds of the one who looks."""


class Replay:
    """One recording that is played. `as_facade` for who wants a facade."""

    def __init__(self, file: Path) -> None:
        """Read it whole. Raises what `read_recording` does."""
        self._head, self._moments = read_recording(file)
        self.speed = 1.0
        """Seconds of the recording in a second of `run`; 0 stands still."""
        self.paused = False
        self.at_s = 0.0
        """Where it is, in seconds since it began."""
        self._next = 0
        self._board = Board()
        self._contributions: tuple[ContributionRow, ...] = ()
        self._shown: dict[tuple[str, str, str], WidgetPage] = {}
        self._boards: dict[Board, tuple[Differ, tuple[str, ...]]] = {}
        self._tails: dict[Tail, TailQuery] = {}
        self._round = 0
        self._step()

    @property
    def began_at_s(self) -> float:
        """When the recording began; seconds since the epoch."""
        return self._head.began_at_s

    @property
    def length_s(self) -> float:
        """How long it is."""
        return self._moments[-1].at_s if self._moments else 0.0

    @property
    def as_facade(self) -> Facade:
        """This, as what a front end is handed."""
        return cast("Facade", self)

    def pause(self, paused: bool = True) -> None:
        """Stand still under `run`, or go on."""
        self.paused = paused

    def seek(self, at_s: float) -> None:
        """Go to a second of it, 0 to its length; at once, backwards too."""
        at_s = min(max(at_s, 0.0), self.length_s)
        if at_s < self.at_s:
            self._next = 0
            self._board = Board()
            self._contributions, self._shown = (), {}
            self._round += 1
            for board, (_, topics) in self._boards.items():
                self._boards[board] = (self._differ(), topics)
        self.at_s = at_s
        self._step()

    async def run(self) -> None:
        """Let its time pass until it is over; may be cancelled and called again."""
        while self.at_s < self.length_s:
            before = anyio.current_time()
            await anyio.sleep(TICK_S)
            if not self.paused:
                self.seek(self.at_s + (anyio.current_time() - before) * self.speed)

    @asynccontextmanager
    async def watch(self, topics: Sequence[str], *, hz: float = 2.0) -> AsyncGenerator[Board]:
        """Follow rows by topic; as often as they were recorded, whatever `hz` says."""
        board = Board()
        self._boards[board] = (self._differ(), tuple(topics))
        self._show(board)
        try:
            yield board
        finally:
            del self._boards[board]

    @asynccontextmanager
    async def tail(self, wanted: TailQuery) -> AsyncGenerator[Tail]:
        """Follow lines; the last ones before where it is come first."""
        tail = Tail()
        found: list[Any] = []
        for moment in self._moments[: self._next]:
            found += _lines(moment, wanted)
        if found and wanted.last > 0:
            tail.take(Batch(found[-wanted.last :]))
        self._tails[tail] = wanted
        try:
            yield tail
        finally:
            del self._tails[tail]
            tail.close()

    async def stream(
        self,
        plugin: str,
        method: str,
        params: Mapping[str, Any] | None = None,
        timeout_s: float | None = None,
    ) -> AsyncGenerator[Any, None]:
        """Refused, as verbs are."""
        raise _refused("stream")
        yield

    async def host(self) -> HostPage:
        """Return the host as it was when the recording began."""
        return self._head.host

    async def plugins(self) -> tuple[PluginRow, ...]:
        """Return every plugin as it was here."""
        return tuple(self._board.plugins().values())

    async def problems(self) -> tuple[ProblemRow, ...]:
        """Return what needed attention here, the worst first."""
        rows = self._board.problems().values()
        return tuple(sorted(rows, key=lambda row: (row.severity != "error", row.since_s)))

    async def contributions(
        self, plugin: str | None = None, kind: str | None = None
    ) -> tuple[ContributionRow, ...]:
        """Return what plugins added to user interfaces here; nothing where that was not recorded."""
        return tuple(
            row for row in self._contributions if plugin in (None, row.plugin) and kind in (None, row.kind)
        )

    async def contribution(self, plugin: str, kind: str, name: str) -> WidgetPage:
        """Return what an addition showed when it was asked last before here."""
        found = self._shown.get((plugin, kind, name))
        if found is None:
            raise ContributionNotFound(f"recorded {kind.replace('_', ' ')}", name)
        return found

    async def widget(self, plugin: str, name: str) -> WidgetPage:
        """Return what a widget showed."""
        return await self.contribution(plugin, "widget", name)

    def _differ(self) -> Differ:
        return Differ(f"recording {self._round}")

    def _step(self) -> None:
        """Take in all that came until now, and pass it on."""
        batches: dict[Tail, tuple[list[Any], int]] = {}
        while self._next < len(self._moments):
            moment = self._moments[self._next]
            # The first picture comes some milliseconds after the beginning, which would show nothing.
            if moment.at_s > self.at_s and self._board.epoch:
                break
            self._next += 1
            if moment.frame is not None:
                self._board.apply(moment.frame)
            if moment.contributions is not None:
                self._contributions = moment.contributions
            for one in moment.shown:
                self._shown[one.page.plugin, one.kind, one.page.name] = one.page
            for tail, wanted in self._tails.items():
                if moment.source == wanted.source:
                    lines, dropped = batches.get(tail, ([], 0))
                    batches[tail] = ([*lines, *_lines(moment, wanted)], dropped + moment.dropped)
        for tail, (lines, dropped) in batches.items():
            tail.take(Batch(lines, dropped))
        for board in self._boards:
            self._show(board)

    def _show(self, board: Board) -> None:
        differ, topics = self._boards[board]
        # A topic that was not recorded is left out, so that nobody takes it for one without rows.
        picture = {topic: self._board.picture[topic] for topic in topics if topic in self._board.picture}
        frame: Frame | None = differ.frame(picture, self._board.at_s)
        if frame is not None:
            board.apply(frame)


def _lines(moment: Moment, wanted: TailQuery) -> list[Any]:
    """Return the lines of a moment that are wanted."""
    if moment.source != wanted.source:
        return []
    kind = LINE_TYPES[cast("Source", moment.source)]
    lines: list[Any] = [msgspec.json.decode(text, type=kind) for text in moment.lines]
    if wanted.plugins:
        lines = [line for line in lines if line.plugin in wanted.plugins]
    match wanted.source:
        case "logs":
            return [line for line in lines if line.level >= wanted.level]
        case "events":
            return [
                line
                for line in lines
                if matches(wanted.topic, line.topic) and (not wanted.kinds or line.kind in wanted.kinds)
            ]
        case "rpc":
            return lines


def _refused(name: str) -> Denied:
    return Denied(
        f"{name}: a recording only shows what was", remedy="attach to a host that runs", method=name
    )


def _refusing(name: str) -> Any:
    async def refuse(self: Replay, *args: Any, **kwargs: Any) -> Any:
        if name in QUERIES:
            plugin = str(kwargs.get("plugin", args[0] if args else ""))
            if plugin and plugin not in {row.id for row in await self.plugins()}:
                raise PluginNotFound(plugin)
            raise Denied("a recording does not hold this", remedy="attach to a host that runs", method=name)
        raise _refused(name)

    refuse.__name__ = name
    refuse.__doc__ = getattr(Facade, name).__doc__
    return refuse


for _name in sorted((QUERIES | VERBS) - vars(Replay).keys()):
    setattr(Replay, _name, _refusing(_name))
