"""A small host of the tests' own behind the control socket: keeps what it is asked, shows what is set."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import anyio

from host.base_error import PlughostError
from host.errors import InvalidParams, PluginNotFound
from host.facade import Board, Differ, Facade, Tail, TailQuery
from host.facade.board import Picture
from host.facade.pages import CallResult
from host.facade.rows import PluginRow

ROW = PluginRow(
    id="hello",
    name="Hello",
    version="1.0.0",
    update="",
    type="extension",
    tags=("a", "b"),
    state="active",
    reason="",
    pid=7,
    session="s1",
    enabled=True,
    wanted="running",
    started_at_s=1.5,
    retry_at_s=None,
    restarts=0,
    cpu_cores=0.25,
    cpu_limit_cores=1.0,
    memory_bytes=1024,
    memory_basis="PSS",
    memory_limit_bytes=4096,
    threads=1,
    descriptors=3,
    children=0,
    throttled_to=None,
    calls=1,
    errors=0,
    calls_per_s=0.0,
    errors_pct=0.0,
    in_flight=0,
    p50_s=None,
    p99_s=None,
    faults=0,
    late=0,
    waiting_permissions=(),
    manifest_faults=(),
)


class SmallFacade:
    """Some of the facade; `as_facade` passes it off as all of it."""

    def __init__(self, by: str = "") -> None:
        self.by = by
        self.asked: list[tuple[str, str, Any]] = []
        """Verbs that were done: name, by whom, with what."""
        self.shown: Picture = {"plugins": {}}
        self.boards: list[tuple[Board, Differ]] = []
        self.tails: list[Tail] = []
        self.error: Exception | None = None
        """Raised by the next call."""
        self.begun = anyio.Event()
        self.go = anyio.Event()
        self.ended: list[str] = []
        self.frames = 0

    async def plugins(self) -> tuple[PluginRow, ...]:
        return (ROW,)

    async def storage_get(self, plugin: str, key: str) -> Any:
        if self.error is not None:
            raise self.error
        if key == "surprise":
            raise RuntimeError("a secret of the host's own")
        if key == "big":
            return "x" * (17 * 1024 * 1024)
        if key == "wait":
            self.begun.set()
            try:
                await self.go.wait()
            finally:
                self.ended.append(key)
        return {"plugin": plugin, "key": key}

    async def plugin_start(self, plugin: str) -> PluginRow:
        if plugin != "hello":
            raise PluginNotFound(plugin, ["hello"])
        self.asked.append(("plugin_start", self.by, plugin))
        return ROW

    async def call(
        self,
        plugin: str,
        method: str,
        params: dict[str, Any] | None = None,
        timeout_s: float | None = None,
    ) -> CallResult:
        self.asked.append(("call", self.by, params))
        if method == "wait":
            self.begun.set()
            try:
                await self.go.wait()
            finally:
                self.ended.append("call")
        return CallResult(value=[plugin, method, params, timeout_s], seconds=0.5)

    async def config_set(
        self,
        plugin: str,
        changes: dict[str, Any],
        unset: tuple[str, ...] = (),
        revision: int | None = None,
    ) -> Any:
        self.asked.append(("config_set", self.by, changes))
        raise InvalidParams("refused")

    def show(self, picture: Picture) -> None:
        """Have the boards show this."""
        self.shown = picture
        for board, differ in self.boards:
            if (frame := differ.frame(picture, 1.0)) is not None:
                board.apply(frame)
                self.frames += 1

    def close_boards(self, error: PlughostError) -> None:
        for board, _ in self.boards:
            board.close(error)

    @asynccontextmanager
    async def watch(self, topics: Sequence[str], *, hz: float = 2.0) -> AsyncGenerator[Board]:
        if "nothing" in topics:
            raise InvalidParams("topics: found nothing", remedy="name another")
        board, differ = Board(), Differ("run")
        frame = differ.frame(self.shown, 1.0)
        assert frame is not None
        board.apply(frame)
        self.boards.append((board, differ))
        try:
            yield board
        finally:
            self.boards.remove((board, differ))
            self.ended.append("watch")

    @asynccontextmanager
    async def tail(self, wanted: TailQuery) -> AsyncGenerator[Tail]:
        tail = Tail()
        self.tails.append(tail)
        try:
            yield tail
        finally:
            self.tails.remove(tail)
            self.ended.append("tail")

    async def stream(
        self,
        plugin: str,
        method: str,
        params: Mapping[str, Any] | None = None,
        timeout_s: float | None = None,
    ) -> AsyncGenerator[Any, None]:
        if plugin != "hello":
            raise PluginNotFound(plugin, ["hello"])
        sent = 0
        try:
            for number in range((params or {}).get("upto", 3)):
                yield number
                sent += 1
            if method == "fails":
                raise PluginNotFound("hello")
        finally:
            self.ended.append(f"stream after {sent}")


class ActingFacade(SmallFacade):
    """One that acts in somebody's name, and keeps its audit itself."""

    def acting_as(self, by: str) -> "ActingFacade":
        acting = ActingFacade(by)
        acting.asked = self.asked
        return acting


def as_facade(small: SmallFacade) -> Facade:
    return cast("Facade", small)
