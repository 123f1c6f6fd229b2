"""Watcher: the facade's base: what it stands on, and boards and tails for whoever follows."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import anyio

from host.errors import HostClosed, InvalidParams, PlughostError
from host.facade.board import Board, Differ
from host.facade.rows import HOST, METHODS, PLUGINS, PROBLEMS, PROMPTS
from host.facade.tails import EventRow, LogRow, Tail, TailQuery, TraceRow
from host.operations.happenings import BEGUN, DONE, LEFT, Happenings
from host.operations.parts import Parts
from host.operations.pictures import Pictures
from host.operations.problem_book import ProblemBook
from protocol.topics import matches

MIN_HZ: Final = 0.1
MAX_HZ: Final = 10.0
MAX_TOPICS: Final = 16
TOPICS: Final = (HOST, PLUGINS, PROBLEMS, PROMPTS)


class Watcher:
    """What follows."""

    def __init__(
        self, parts: Parts, pictures: Pictures, problems: ProblemBook, happenings: Happenings, by: str
    ) -> None:
        self._parts = parts
        self._pictures = pictures
        self._problems = problems
        self._happenings = happenings
        self._by = by

    @asynccontextmanager
    async def watch(self, topics: Sequence[str], *, hz: float = 2.0) -> AsyncGenerator[Board]:
        """Follow rows by topic; see `Facade.watch`."""
        if not MIN_HZ <= hz <= MAX_HZ:
            raise InvalidParams(f"hz: found {hz:g}; allowed: {MIN_HZ:g} to {MAX_HZ:g}")
        if len(topics) > MAX_TOPICS:
            raise InvalidParams(f"topics: found {len(topics)}; allowed: at most {MAX_TOPICS}")
        for topic in topics:
            if topic not in TOPICS and not topic.startswith(METHODS):
                allowed = ", ".join((*TOPICS, f"{METHODS}<id>"))
                raise InvalidParams(f"topics: found {topic[:80]!r}; allowed: {allowed}")
        facts, clock = self._parts.facts, self._parts.clock
        board, differ = Board(), Differ(f"{facts.started_at_s:.3f}")

        def step() -> None:
            if PROBLEMS in topics:
                self._problems.watched()
            frame = differ.frame(self._pictures.picture(topics), clock.wall())
            if frame is not None:
                board.apply(frame)

        following = anyio.CancelScope()

        async def follow() -> None:
            with following:
                try:
                    while True:
                        await anyio.sleep(1.0 / hz)
                        step()
                finally:
                    board.close(HostClosed("the host has stopped"))

        step()
        # In the host's own group: one of its own would wrap whatever is raised where the board is used.
        self._parts.facts.tasks().start_soon(follow)
        try:
            yield board
        finally:
            following.cancel()

    @asynccontextmanager
    async def tail(self, wanted: TailQuery) -> AsyncGenerator[Tail]:
        """Follow lines; see `Facade.tail`."""
        feeds, plugins = self._parts.feeds, frozenset(wanted.plugins)

        def is_log(line: LogRow) -> bool:
            return line.level >= wanted.level and (not plugins or line.plugin in plugins)

        def is_event(line: EventRow) -> bool:
            return (
                (not plugins or line.plugin in plugins)
                and (not wanted.kinds or line.kind in wanted.kinds)
                and (wanted.topic == "**" or matches(wanted.topic, line.topic))
            )

        def is_call(line: TraceRow) -> bool:
            return not plugins or line.plugin in plugins

        match wanted.source:
            case "logs":
                with feeds.logs.follow(wanted.last, is_log) as tail:
                    yield tail
            case "events":
                with feeds.events.follow(wanted.last, is_event) as tail:
                    yield tail
            case "rpc":
                with (
                    self._parts.tracing.lease(plugins, bodies=wanted.bodies),
                    feeds.rpc.follow(wanted.last, is_call) as tail,
                ):
                    yield tail

    async def stream(
        self,
        plugin: str,
        method: str,
        params: Mapping[str, Any] | None = None,
        timeout_s: float | None = None,
    ) -> AsyncGenerator[Any, None]:
        """Open a plugin's stream; see `Facade.stream`."""
        told = {"plugin": plugin, "method": method}
        self._happenings.audited(self._by, "stream", told, BEGUN)
        items = self._parts.calls.stream(plugin, method, params, timeout_s=timeout_s)
        outcome = LEFT
        try:
            async for item in items:
                yield item
            outcome = DONE
        except PlughostError as exc:
            outcome = f"refused, {exc.code}"
            raise
        finally:
            self._happenings.audited(self._by, "stream", told, outcome)
            await items.aclose()
