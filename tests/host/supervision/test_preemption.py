"""Stop and kill: they pre-empt whatever is under way, at any moment of it, and are kept."""

from collections.abc import Callable
from pathlib import Path

import anyio
import pytest
from anyio.lowlevel import checkpoint

from host import Disabled, NotActive, PluginHost
from host.timing import Timing
from tests.host.supervision.gate import HELD_IN_LOAD, HELD_IN_UNLOAD, PLAIN, Gate

Write = Callable[..., Path]

NEVER_S = 3_600.0


async def test_a_stop_ends_a_start_that_hangs_and_the_start_says_so(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("one", HELD_IN_LOAD)
    async with PluginHost(plugins=[plugins]) as host:
        gate = Gate(host)
        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:

                async def load() -> None:
                    with pytest.raises(NotActive, match="stopped while it started"):
                        await host.load("one")

                tasks.start_soon(load)
                await gate.until_entered(1)
                await host.unload("one")
        view = host.plugin("one")
        assert (view.state, view.wanted, view.pid) == ("discovered", "stopped", None)

        gate.open()
        await host.load("one")
        assert host.plugin("one").state == "active"


async def test_a_stop_ends_a_start_that_still_waits_for_its_turn(plugins: Path, write_plugin: Write) -> None:
    for number in range(5):
        write_plugin(f"p{number}", HELD_IN_LOAD)
    async with PluginHost(plugins=[plugins]) as host:
        gate = Gate(host)
        with anyio.fail_after(30):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(host.load_all)
                await gate.until_entered(4)
                (waiting,) = [view.id for view in host.plugins() if view.pid is None]
                assert host.plugin(waiting).state == "loading"
                await host.unload(waiting)
                assert host.plugin(waiting).state == "discovered"
                gate.open()
        assert gate.entered == 4
        assert sorted(view.state for view in host.plugins()) == ["active"] * 4 + ["discovered"]


@pytest.mark.parametrize("turns", range(12))
async def test_a_stop_may_come_at_any_moment_of_a_start(
    plugins: Path, write_plugin: Write, turns: int
) -> None:
    write_plugin("one", PLAIN)
    async with PluginHost(plugins=[plugins]) as host:
        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:

                async def load() -> None:
                    try:
                        await host.load("one")
                    except NotActive:
                        pass

                tasks.start_soon(load)
                for _ in range(2**turns):
                    await checkpoint()
                await host.unload("one")
        assert host.plugin("one").state == "discovered"
        await host.load("one")
        assert host.plugin("one").state == "active"


@pytest.mark.parametrize("turns", range(0, 12, 2))
async def test_a_stop_may_come_at_any_moment_of_a_restart(
    plugins: Path, write_plugin: Write, turns: int
) -> None:
    write_plugin("one", PLAIN)
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:

                async def restart() -> None:
                    try:
                        await host.restart("one")
                    except NotActive:
                        pass

                tasks.start_soon(restart)
                for _ in range(2**turns):
                    await checkpoint()
                await host.unload("one")
        view = host.plugin("one")
        assert (view.state, view.wanted, view.pid) == ("discovered", "stopped", None)
        await host.restart("one")
        assert host.plugin("one").state == "active"


@pytest.mark.parametrize("turns", range(0, 12, 2))
async def test_a_plugin_may_be_disabled_at_any_moment_of_a_start(
    plugins: Path, write_plugin: Write, turns: int
) -> None:
    write_plugin("one", PLAIN)
    async with PluginHost(plugins=[plugins]) as host:
        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:

                async def load() -> None:
                    try:
                        await host.load("one")
                    except (NotActive, Disabled):
                        pass

                tasks.start_soon(load)
                for _ in range(2**turns):
                    await checkpoint()
                await host.disable("one")
        view = host.plugin("one")
        assert (view.state, view.enabled, view.pid) == ("disabled", False, None)


async def test_a_stop_during_a_restart_is_the_last_word(plugins: Path, write_plugin: Write) -> None:
    write_plugin("one", HELD_IN_UNLOAD)
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        gate = Gate(host)
        with anyio.fail_after(30):
            async with anyio.create_task_group() as tasks:

                async def restart() -> None:
                    with pytest.raises(NotActive, match="stopped"):
                        await host.restart("one")

                tasks.start_soon(restart)
                await gate.until_entered(1)
                await host.unload("one")
        view = host.plugin("one")
        assert (view.state, view.wanted) == ("discovered", "stopped")


async def test_a_second_stop_does_not_wait_for_a_plugin_that_hangs_in_its_unload(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("one", HELD_IN_UNLOAD)
    timing = Timing(unload_s=NEVER_S)
    async with PluginHost(plugins=[plugins], autoload=True, timing=timing) as host:
        gate = Gate(host)
        with anyio.fail_after(30):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(host.unload, "one")
                await gate.until_entered(1)
                await host.unload("one")
        assert host.plugin("one").state == "discovered"


async def test_a_kill_has_no_grace_and_is_kept(plugins: Path, write_plugin: Write) -> None:
    write_plugin("one", HELD_IN_UNLOAD)
    timing = Timing(unload_s=NEVER_S, close_stdin_s=NEVER_S, terminate_s=NEVER_S)
    async with PluginHost(plugins=[plugins], autoload=True, timing=timing) as host:
        gate = Gate(host)
        with anyio.fail_after(30):
            await host.kill("one")
        view = host.plugin("one")
        assert (view.state, view.wanted) == ("discovered", "stopped")
        assert view.last_exit is not None
        assert (view.last_exit.cause, view.last_exit.signal) == ("stopped", "SIGKILL")
        assert gate.entered == 0


async def test_a_kill_pre_empts_a_stop_that_waits(plugins: Path, write_plugin: Write) -> None:
    write_plugin("one", HELD_IN_UNLOAD)
    timing = Timing(unload_s=NEVER_S, close_stdin_s=NEVER_S, terminate_s=NEVER_S)
    async with PluginHost(plugins=[plugins], autoload=True, timing=timing) as host:
        gate = Gate(host)
        with anyio.fail_after(30):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(host.unload, "one")
                await gate.until_entered(1)
                await host.kill("one")
        assert host.plugin("one").state == "discovered"
