"""Schedules through real plugin processes."""

import json
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from host import ContributionNotFound, InvalidParams, LoadRefused, PluginError, PluginHost
from host.services.schedules import ScheduleView

Write = Callable[..., Path]

REPORTER = """
import asyncio
from plugin_sdk import Tick, cron, every


class Reporter(Plugin):
    async def on_load(self) -> None:
        self.ticks: list[Any] = []
        self.go = asyncio.Event()
        self.timer = await self.schedule.every(self.sync_data, seconds=0.3, name="sync")

    async def sync_data(self) -> None:
        await self.host.tests.tick("sync", 0)

    @every(seconds=0.3)
    async def counted(self, tick: Tick) -> None:
        await self.host.tests.tick("counted", tick.missed)

    @every(seconds=0.3)
    async def fails(self) -> None:
        raise PluginError("the report can't be sent")

    @every(seconds=0.3)
    def breaks(self) -> None:
        raise KeyError("surprise")

    @every(seconds=0.3)
    async def hangs(self) -> None:
        await self.host.tests.tick("hangs", 0)
        await self.go.wait()

    @cron("0 3 * * *", tz="Europe/Berlin", missed="once")
    async def nightly(self) -> None:
        await self.host.tests.tick("nightly", 0)

    @method
    async def cancel(self) -> None:
        await self.schedule.cancel(self.timer)

    @method
    async def listed(self) -> Any:
        return await self.schedule.list()

    @method
    async def register(self, name: str, line: str) -> str:
        return await self.schedule.cron(self.sync_data, line, name=name)
"""


class Ticks:
    """What the plugin told of its runs."""

    def __init__(self, host: PluginHost) -> None:
        self.seen: list[str] = []
        self._news = anyio.Event()

        @host.api("tests.tick")
        async def tick(name: str, missed: int) -> None:
            self.seen.append(name)
            self._news.set()
            self._news = anyio.Event()

    async def until(self, condition: Callable[[], bool]) -> None:
        with anyio.fail_after(20):
            while not condition():
                await self._news.wait()


@pytest.fixture
def place(plugins: Path, write_plugin: Write) -> Path:
    write_plugin("reporter", REPORTER)
    return plugins


def view(host: PluginHost, name: str) -> ScheduleView:
    return next(one for one in host.schedule.list("reporter") if one.name == name)


async def test_methods_and_registered_functions_run_and_failing_ones_are_counted_and_come_again(
    place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    host = PluginHost([place], autoload=True)
    ticks = Ticks(host)
    async with host:
        await ticks.until(lambda: view(host, "breaks").failures >= 2 and view(host, "fails").failures >= 2)
        await ticks.until(lambda: ticks.seen.count("sync") >= 3 and ticks.seen.count("counted") >= 3)
        await ticks.until(lambda: view(host, "hangs").overlaps >= 2)
        assert ticks.seen.count("hangs") == 1
        assert view(host, "hangs").running
        assert view(host, "fails").last_error == "plugin_error: the report can't be sent"
        assert "plugin_incident" in view(host, "breaks").last_error
        assert host.plugin("reporter").restarts == 0
        nightly = view(host, "nightly")
        assert nightly.when == "cron 0 3 * * * Europe/Berlin"
        assert nightly.next_run_s is not None
        assert nightly.last_run_s is None
        await host.schedule.run("reporter", "nightly")
        assert "nightly" in ticks.seen
        with pytest.raises(PluginError, match="can't be sent"):
            await host.schedule.run("reporter", "fails")
        with pytest.raises(ContributionNotFound):
            await host.schedule.run("reporter", "nothing")
        listed = await host.call("reporter", "listed")
        assert {one["name"] for one in listed} >= {"sync", "counted", "nightly"}
        await host.call("reporter", "cancel")
        assert "sync" not in {one.name for one in host.schedule.list()}
        runs = ticks.seen.count("counted")
        await ticks.until(lambda: ticks.seen.count("counted") >= runs + 2)
        after = ticks.seen.count("sync")
        await ticks.until(lambda: ticks.seen.count("counted") >= runs + 4)
        assert ticks.seen.count("sync") == after
        await host.unload("reporter")
        assert host.schedule.list() == ()
    assert "the schedule fails failed: the report can't be sent" in caplog.text
    assert "is unloading" not in caplog.text, "what was due while it ended is no failure of its schedules"


async def test_what_went_wrong_is_shown_until_a_run_succeeds(plugins: Path, write_plugin: Write) -> None:
    write_plugin(
        "weekly",
        """
        import asyncio

        from plugin_sdk import every

        class Weekly(Plugin):
            runs = 0

            def __init__(self) -> None:
                self.go = asyncio.Event()

            @every(seconds=0.3)
            async def report(self) -> None:
                self.runs += 1
                if self.runs == 1:
                    raise PluginError("no paper")
                await self.host.tests.tick(f"run {self.runs}", 0)
                if self.runs == 2:
                    await self.go.wait()

            @method
            async def proceed(self) -> None:
                self.go.set()
        """,
    )
    host = PluginHost([plugins], autoload=True)
    ticks = Ticks(host)
    async with host:
        await ticks.until(lambda: "run 2" in ticks.seen)
        shown = next(iter(host.schedule.list("weekly")))
        assert (shown.running, shown.last_error) == (True, "plugin_error: no paper")
        await host.call("weekly", "proceed")
        await ticks.until(lambda: "run 3" in ticks.seen)
        assert next(iter(host.schedule.list("weekly"))).last_error == ""


async def test_the_last_run_is_kept_over_restarts_and_missed_ones_are_made_up_for(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin(
        "daily",
        """
        from plugin_sdk import Tick, every

        class Daily(Plugin):
            @every(hours=1, missed="once")
            async def once(self, tick: Tick) -> None:
                await self.host.tests.tick("once", tick.missed)

            @every(hours=1)
            async def skipped(self, tick: Tick) -> None:
                await self.host.tests.tick("skipped", tick.missed)
        """,
    )
    first = PluginHost([plugins], data=tmp_path / "data", autoload=True)
    Ticks(first)
    async with first:
        assert all(one.last_run_s is None for one in first.schedule.list())
    kept = tmp_path / "data" / "schedules.json"
    text = kept.read_text()
    assert text.count('"due_s"') == 2
    memory = json.loads(text)
    for one in memory.values():
        one["due_s"] -= 3 * 3_600 + 60
    kept.write_text(json.dumps(memory))
    second = PluginHost([plugins], data=tmp_path / "data", autoload=True)
    ticks = Ticks(second)
    async with second:
        await ticks.until(lambda: "once" in ticks.seen)
        views = {one.name: one for one in second.schedule.list()}
        assert (views["once"].missed, views["skipped"].missed) == (2, 3)
        assert "skipped" not in ticks.seen
        assert views["once"].next_run_s is not None


@pytest.mark.parametrize(
    ("mark", "named"),
    [
        ("@cron('0 25 * * *')", "schedule 'a': cron: hour: found '0 25"),
        ("@cron('0 3 * * *', tz='Mars/Olympus')", "tz: found 'Mars/Olympus'"),
        ("@every(seconds=0)", "every: found 0 s"),
        ("@cron('often')", "five fields"),
    ],
)
async def test_a_line_that_can_not_be_read_is_a_fault_that_names_the_field(
    plugins: Path, write_plugin: Write, mark: str, named: str
) -> None:
    write_plugin(
        "bad",
        f"from plugin_sdk import cron, every\n\nclass Bad(Plugin):\n    {mark}\n    async def a(self): ...\n"
        "    @every(hours=1)\n    async def b(self): ...\n",
    )
    async with PluginHost([plugins]) as host:
        with pytest.raises(LoadRefused, match=named):
            await host.load("bad")
        assert host.schedule.list() == ()


async def test_registrations_later_follow_the_same_rules(place: Path) -> None:
    host = PluginHost([place], autoload=True)
    Ticks(host)
    async with host:
        with pytest.raises(InvalidParams, match="minute"):
            await host.call("reporter", "register", {"name": "x", "line": "61 * * * *"})
        assert await host.call("reporter", "register", {"name": "x", "line": "1 * * * *"}) == "x"
        assert view(host, "x").next_run_s is not None
        with pytest.raises(InvalidParams, match="both are the schedule"):
            await host.call("reporter", "register", {"name": "x", "line": "1 * * * *"})
        with pytest.raises(InvalidParams, match="200 letters"):
            await host.call("reporter", "register", {"name": "x y", "line": "1 * * * *"})
