"""Handover: events, schedules, hooks and methods are those of one run at a time."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from host import PluginHost
from host.errors import (
    MethodNotFound,
    PlughostError,
)
from tests.host.supervision.two_runs import WAIT_S, Write, says

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(90)]


COUNTS = """
class Counts(Plugin):
    async def on_load(self):
        self.seen = []
    @on("thing.happened")
    async def happened(self, event):
        await self.storage.set(f"seen.{event['n']}.{VERSION}", True)
"""


@pytest.mark.parametrize("durable", [False, True], ids=["ephemeral", "durable"])
async def test_each_event_is_handled_by_exactly_one_of_both(
    plugins: Path, write_plugin: Write, durable: bool
) -> None:
    def code(version: int) -> str:
        text = COUNTS.replace("VERSION", str(version))
        if durable:
            text = text.replace('@on("thing.happened")', '@on("thing.happened", durable=True)')
        return "from plugin_sdk import on\n" + text

    write_plugin("counts", code(1))
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        count = 0
        done = False

        async def emit() -> None:
            nonlocal count
            while not done:
                count += 1
                await host.emit("thing.happened", {"n": count})
                await anyio.sleep(0.001)

        with anyio.fail_after(WAIT_S):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(emit)
                while not await host.storage.keys("counts", "seen."):  # noqa: ASYNC110
                    await anyio.sleep(0.005)
                for version in (2, 3):
                    write_plugin("counts", code(version))
                    await host.reload("counts")
                    target = count + 20
                    while count < target:  # noqa: ASYNC110
                        await anyio.sleep(0.005)
                done = True
            while len(await host.storage.keys("counts", "seen.")) < count:  # noqa: ASYNC110
                await anyio.sleep(0.02)
            while host.plugin("counts").beside:  # noqa: ASYNC110
                await anyio.sleep(0.02)
            keys = [one.key for one in await host.storage.keys("counts", "seen.")]
    handled = sorted(int(key.split(".")[1]) for key in keys)
    assert handled == [*range(1, count + 1)]
    by_version = {int(key.split(".")[1]): int(key.split(".")[2]) for key in keys}
    assert set(by_version.values()) == {1, 2, 3}
    assert [by_version[n] for n in sorted(by_version)] == sorted(by_version.values())


async def test_a_schedule_ticks_on_and_never_twice(plugins: Path, write_plugin: Write) -> None:
    code = """
from plugin_sdk import every
class Ticks(Plugin):
    @every(seconds=0.2)
    async def beat(self):
        await self.storage.incr("beats")
        await self.storage.incr(f"beats.VERSION")
"""
    write_plugin("ticks", code.replace("VERSION", "1"))
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        with anyio.fail_after(WAIT_S):
            while (host.schedule.list("ticks")[0].runs) < 2:  # noqa: ASYNC110
                await anyio.sleep(0.02)
            write_plugin("ticks", code.replace("VERSION", "2"))
            await host.reload("ticks")
            assert len(host.schedule.list("ticks")) == 1
            runs = host.schedule.list("ticks")[0].runs
            assert runs >= 2
            while host.schedule.list("ticks")[0].runs < runs + 3:  # noqa: ASYNC110
                await anyio.sleep(0.02)
            view = host.schedule.list("ticks")[0]
            while host.schedule.list("ticks")[0].running:  # noqa: ASYNC110
                await anyio.sleep(0.005)
            assert view.failures == 0
            first, second = [await host.storage.get("ticks", f"beats.{n}") for n in (1, 2)]
            assert await host.storage.get("ticks", "beats") == first + second
            assert second >= 2


async def test_a_fail_closed_hook_is_asked_throughout(plugins: Path, write_plugin: Write) -> None:
    code = """
from plugin_sdk import hook
class Guards(Plugin):
    @hook("thing.before", fail="closed")
    async def guard(self, value):
        return None
"""
    write_plugin("guards", code)
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        verdicts: list[Any] = []
        done = False

        async def ask() -> None:
            while not done:
                verdicts.append(await host.hook("thing.before", {"n": 1}))

        with anyio.fail_after(WAIT_S):
            async with anyio.create_task_group() as tasks:
                for _ in range(4):
                    tasks.start_soon(ask)
                for _ in range(3):
                    await host.reload("guards")
                done = True
        assert len(verdicts) > 10
        assert all(one.allowed for one in verdicts)
        assert all([step.verdict for step in one.trail] == ["allow"] for one in verdicts)


REGISTERS = """
class Registers(Plugin):
    async def on_load(self):
        await self.commands.register("shared", self.shared)
        if VERSION == 2:
            await self.commands.register("added", self.shared)
            await self.storage.set("registered", True)
            while not await self.storage.get("go"):
                await asyncio.sleep(0.02)
    async def shared(self) -> Any:
        return VERSION
"""


async def test_what_on_load_registers_is_in_force_from_the_switch_on(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("registers", "import asyncio\n" + REGISTERS.replace("VERSION", "1"))
    write_plugin(
        "other",
        """
class Other(Plugin):
    @method
    async def take(self, name: str) -> None:
        await self.commands.register(name, self.nothing)
    async def nothing(self) -> None: ...
""",
    )
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        write_plugin("registers", "import asyncio\n" + REGISTERS.replace("VERSION", "2"))
        with anyio.fail_after(WAIT_S):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(host.reload, "registers")
                while not await host.storage.get("registers", "registered"):  # noqa: ASYNC110
                    await anyio.sleep(0.02)
                assert [one.name for one in host.commands.list("registers")] == ["shared"]
                assert await host.commands.run("shared") == 1
                # What waits is taken: nobody else gets it before the switch.
                with pytest.raises(PlughostError, match="registers"):
                    await host.call("other", "take", {"name": "added"})
                await host.storage.set("registers", "go", True)
        assert [one.name for one in host.commands.list("registers")] == ["added", "shared"]
        assert await host.commands.run("shared") == 2
        await host.storage.delete("registers", "go")
        write_plugin("registers", "import asyncio\n" + REGISTERS.replace("VERSION", "3"))
        await host.reload("registers")
        assert [one.name for one in host.commands.list("registers")] == ["shared"]
        await host.call("other", "take", {"name": "added"})


async def test_methods_that_the_new_run_lacks_are_gone_with_the_switch(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("says", says(1, "    @method\n    async def other(self) -> int:\n        return 1"))
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        assert await host.call("says", "other") == 1
        write_plugin("says", says(2))
        await host.reload("says")
        with pytest.raises(MethodNotFound):
            await host.call("says", "other")


async def test_a_handover_is_an_event_that_names_both_runs_and_no_failure_when_the_host_stops(
    plugins: Path, write_plugin: Write, caplog: pytest.LogCaptureFixture
) -> None:
    write_plugin("says", says(1))
    host = PluginHost(plugins=[plugins], autoload=True)
    told: list[Any] = []
    heard = anyio.Event()

    @host.on("plughost.plugin.replaced")
    async def replaced(data: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        told.append(data)
        heard.set()

    async with host:
        former = host.plugin("says").pid
        await host.reload("says")
        with anyio.fail_after(WAIT_S):
            await heard.wait()
        assert told == [{"plugin": "says", "pid": host.plugin("says").pid, "former_pid": former}]
    assert "did not take over" not in caplog.text
