"""A recording holds what was shown, and plays it: forwards, backwards, at any speed."""

import gzip
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import anyio
import pytest

from host.base_error import PlughostError
from host.clock import FakeClock
from host.control.recording import record
from host.control.replay import Replay
from host.errors import ContributionNotFound, Denied, HostClosed
from host.facade import Batch, TailQuery
from host.facade.board import as_rows
from host.facade.pages import ContributionRow, HostPage, WidgetPage
from host.facade.rows import HostRow
from host.facade.tails import LogRow
from tests.host.control.small_facade import ROW, SmallFacade, as_facade

PAGE = HostPage(
    name="plughost",
    app_version="",
    version="0.1.0",
    control_version=1,
    python="3.11",
    platform="Linux",
    loop="asyncio",
    pid=1,
    user="me",
    is_root=False,
    started_at_s=1.0,
    data_folder="/data",
    plugin_folders=(),
    socket="",
    warden="7",
    polling=False,
    read_only=False,
    settings={},
    limits={},
    databases=(),
    clients=(),
    event_statistics={},
    recorder_fault="",
)


HOST_ROW = HostRow(
    name="plughost",
    app_version="",
    version="0.1.0",
    pid=1,
    started_at_s=1.0,
    loop="asyncio",
    warden_pid=None,
    cpu_cores=None,
    rss_bytes=None,
    loop_lag_s=0.0,
    states={},
    problems=0,
    calls=0,
    calls_per_s=0.0,
    errors=0,
    events=0,
    clients=0,
    contributions=3,
)


class _Host(SmallFacade):
    async def host(self) -> HostPage:
        return PAGE


def _picture(**states: str) -> Any:
    row = as_rows([("", ROW)])[""]
    return {"plugins": {name: {**row, "id": name, "state": state} for name, state in states.items()}}


def _line(seq: int, plugin: str = "one") -> LogRow:
    return LogRow(seq=seq, at_s=1.0, plugin=plugin, session="s", level=20, source="log", text=f"line {seq}")


@asynccontextmanager
async def _recorded(file: Path, until: Any) -> AsyncGenerator[tuple[_Host, FakeClock]]:
    host, clock = _Host(), FakeClock()
    host.show(_picture(one="loading"))
    async with anyio.create_task_group() as tasks:

        async def run() -> None:
            ended = await record(as_facade(host), file, clock=clock.monotonic)
            assert isinstance(ended, HostClosed)

        tasks.start_soon(run)
        await until(lambda: len(host.tails) == 3 and host.boards)
        yield host, clock
        host.close_boards(HostClosed("over"))


@pytest.fixture(params=["recording.jsonl", "recording.jsonl.gz"])
async def file(tmp_path: Path, request: pytest.FixtureRequest, until: Any) -> Path:
    found = tmp_path / cast("str", request.param)
    async with _recorded(found, until) as (host, clock):
        clock.advance(10)
        host.show(_picture(one="active", two="loading"))
        for tail in host.tails[:1]:
            tail.take(Batch([_line(1), _line(2, "two")], 3))
        for _ in range(5):
            await anyio.lowlevel.checkpoint()
        clock.advance(10)
        host.show(_picture(two="active"))
        for _ in range(5):
            await anyio.lowlevel.checkpoint()
    return found


async def test_a_board_shows_each_second_as_it_was_backwards_too(file: Path):
    replay = Replay(file)
    assert replay.length_s == 20.0
    async with replay.watch(["plugins"]) as board:
        seen = {}
        for at_s in (0, 10, 20, 10, 0, 20):
            replay.seek(at_s)
            seen[at_s] = {key: row.state for key, row in board.plugins().items()}
            assert {row.id: row.state for row in await replay.plugins()} == seen[at_s]
        assert seen == {
            0: {"one": "loading"},
            10: {"one": "active", "two": "loading"},
            20: {"two": "active"},
        }


async def test_a_tail_brings_the_lines_from_before_and_those_that_come(file: Path):
    replay = Replay(file)
    async with replay.tail(TailQuery(source="logs", plugins=("one",))) as tail:
        replay.seek(15)
        batch = await anext(tail)
        assert ([line.text for line in batch.lines], batch.dropped) == (["line 1"], 3)
    async with replay.tail(TailQuery(source="logs", last=1)) as tail:
        assert [line.text for line in (await anext(tail)).lines] == ["line 2"]


async def test_it_runs_by_itself_at_its_speed(file: Path):
    replay = Replay(file)
    replay.speed = 1_000.0
    with anyio.fail_after(20):
        await replay.run()
    assert [row.id for row in await replay.plugins()] == ["two"]


async def test_verbs_and_what_was_not_recorded_are_refused(file: Path):
    host = Replay(file).as_facade
    assert await host.host() == PAGE
    for refused in (host.plugin_start("one"), anext(host.stream("one", "x"))):
        with pytest.raises(Denied, match="only shows what was"):
            await refused
    with pytest.raises(Denied, match="does not hold this"):
        await host.plugin_why("one")
    async with host.watch(["plugins", "methods:one"]) as board:
        assert "methods:one" not in board.picture


def test_what_is_no_recording_is_said(tmp_path: Path):
    for name, content in (("a", b"junk\n"), ("b.gz", gzip.compress(b"{}")), ("c.gz", b"no gzip")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(PlughostError, match="no recording"):
            Replay(tmp_path / name)


class _Contributing(_Host):
    """Its one plugin has a widget that shows a higher number each time, and one that can't be had."""

    def __init__(self) -> None:
        super().__init__()
        self.times = 0
        self.all_asked = anyio.Event()

    async def contributions(self) -> tuple[ContributionRow, ...]:
        return tuple(
            ContributionRow(plugin="one", kind=kind, name=name, title=name, slot="", data={}, warnings=())
            for kind, name in (("widget", "count"), ("section", "gone"), ("theme", "dark"))
        )

    async def contribution(self, plugin: str, kind: str, name: str) -> WidgetPage:
        self.times += 1
        if name == "gone":
            self.all_asked.set()
            raise ContributionNotFound(kind, name)
        return WidgetPage(plugin=plugin, name=name, kind="stat", data={"value": self.times}, error="")


async def test_what_plugins_contribute_is_recorded_with_what_it_showed(tmp_path: Path):
    host, file = _Contributing(), tmp_path / "recording.jsonl"
    row = as_rows([("", HOST_ROW)])[""]
    host.show({"host": {"": row}})
    async with anyio.create_task_group() as tasks:

        async def run() -> None:
            assert isinstance(await record(as_facade(host), file), HostClosed)

        tasks.start_soon(run)
        with anyio.fail_after(10):
            await host.all_asked.wait()
            await anyio.wait_all_tasks_blocked()
        host.close_boards(HostClosed("over"))
    replay = Replay(file)
    replay.seek(replay.length_s)
    facade = replay.as_facade
    assert [one.name for one in await facade.contributions("one")] == ["count", "gone", "dark"]
    assert [one.name for one in await facade.contributions(kind="theme")] == ["dark"]
    assert (await facade.widget("one", "count")).data == {"value": 1}
    with pytest.raises(ContributionNotFound):
        await facade.contribution("one", "section", "gone")
    assert await Replay(_without_contributions(file, tmp_path)).as_facade.contributions() == ()


def _without_contributions(file: Path, folder: Path) -> Path:
    older = folder / "older.jsonl"
    kept = [line for line in file.read_text().splitlines() if '"contributions":[' not in line]
    older.write_text("\n".join(kept) + "\n")
    return older
