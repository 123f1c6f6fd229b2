"""One plugin over its runs: what verbs do, and which of them join or are refused."""

from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from host import Busy, NotActive, PluginHost
from tests.host.supervision.gate import HELD_IN_LOAD, HELD_IN_UNLOAD, PLAIN, Gate

Write = Callable[..., Path]


async def test_two_loads_at_once_start_one_process(plugins: Path, write_plugin: Write) -> None:
    write_plugin("one", HELD_IN_LOAD)
    async with PluginHost(plugins=[plugins]) as host:
        gate = Gate(host)
        with host.changes() as changes:
            async with anyio.create_task_group() as loads:
                for _ in range(5):
                    loads.start_soon(host.load, "one")
                await gate.until_entered(1)
                gate.open()
            await host.load("one")
        assert gate.entered == 1
        assert [change.new async for change in changes] == ["loading", "active"]


async def test_a_restart_is_refused_while_another_operation_is_under_way(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("one", HELD_IN_LOAD)
    async with PluginHost(plugins=[plugins]) as host:
        gate = Gate(host)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(host.load, "one")
            await gate.until_entered(1)
            with pytest.raises(Busy, match="restart has to wait, start is under way"):
                await host.restart("one")
            gate.open()
        await host.restart("one")
        assert gate.entered == 2
        assert host.plugin("one").state == "active"


async def test_a_load_is_refused_while_the_plugin_stops(plugins: Path, write_plugin: Write) -> None:
    write_plugin("one", HELD_IN_UNLOAD)
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        gate = Gate(host)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(host.unload, "one")
            await gate.until_entered(1)
            assert host.plugin("one").state == "unloading"
            with pytest.raises(Busy, match="stop is under way"):
                await host.load("one")
            with pytest.raises(NotActive, match="unloading"):
                await host.call("one", "anything")
            gate.open()
        await host.load("one")


async def test_a_restart_gives_a_new_process(plugins: Path, write_plugin: Write) -> None:
    write_plugin("one", PLAIN)
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        before = host.plugin("one")
        await host.restart("one")
        after = host.plugin("one")
        assert after.state == "active"
        assert after.pid != before.pid
        assert after.session != before.session
        assert after.wanted == "running"


async def test_a_restart_of_what_does_not_run_starts_it(plugins: Path, write_plugin: Write) -> None:
    write_plugin("one", PLAIN)
    async with PluginHost(plugins=[plugins]) as host:
        await host.restart("one")
        assert host.plugin("one").state == "active"
