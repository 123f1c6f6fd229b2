"""One plugin over its runs: what verbs do, and which of them join, wait or pre-empt."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest
from anyio.lowlevel import checkpoint

from host import Busy, LoadRefused, NotActive, PluginHost, PluginView
from host.timing import Timing

Until = Callable[..., Awaitable[PluginView]]
Write = Callable[..., Path]

NEVER_S = 3_600.0

PLAIN = "class Plain(Plugin): ...\n"

HELD_IN_LOAD = """
class Held(Plugin):
    async def on_load(self) -> None:
        await self.host.gate.enter()
"""

HELD_IN_UNLOAD = """
class Held(Plugin):
    async def on_unload(self) -> None:
        await self.host.gate.enter()
"""


class Gate:
    """Where plugins wait until the test lets them through."""

    def __init__(self, host: PluginHost) -> None:
        self.entered = 0
        self.most_inside = 0
        self._inside = 0
        self._news = anyio.Event()
        self._opened = anyio.Event()
        host.api("gate.enter")(self.enter)

    async def enter(self) -> None:
        self.entered += 1
        self._inside += 1
        self.most_inside = max(self.most_inside, self._inside)
        self._news.set()
        try:
            await self._opened.wait()
        finally:
            self._inside -= 1

    async def until_entered(self, times: int) -> None:
        with anyio.fail_after(20):
            while self.entered < times:
                self._news = anyio.Event()
                await self._news.wait()

    def open(self) -> None:
        self._opened.set()


# Verbs that meet.


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


async def test_a_load_is_refused_while_the_plugin_stops(
    plugins: Path, write_plugin: Write, until: Until
) -> None:
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


# Starts.


async def test_at_most_four_plugins_start_at_the_same_time(plugins: Path, write_plugin: Write) -> None:
    for number in range(6):
        write_plugin(f"p{number}", HELD_IN_LOAD)
    async with PluginHost(plugins=[plugins]) as host:
        gate = Gate(host)
        with anyio.fail_after(40):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(host.load_all)
                await gate.until_entered(4)
                assert [view.state for view in host.plugins()] == ["loading"] * 6
                assert sum(view.pid is not None for view in host.plugins()) == 4
                gate.open()
        assert gate.most_inside == 4
        assert gate.entered == 6
        assert [view.state for view in host.plugins()] == ["active"] * 6


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("import no_such_module\n" + PLAIN, "no_such_module"),
        ("class NoPlugin: ...\n", "one class derived from plugin_sdk.Plugin"),
        ("class Bad(Plugin):\n    @method\n    async def go(self, _meta: int) -> None: ...\n", "_meta"),
    ],
)
async def test_a_start_that_cannot_succeed_is_not_tried_again(
    plugins: Path, write_plugin: Write, code: str, named: str
) -> None:
    write_plugin("one", code)
    async with PluginHost(plugins=[plugins]) as host:
        with host.changes() as changes, pytest.raises(LoadRefused, match=named) as caught:
            await host.load("one")
        assert caught.value.remedy
        view = host.plugin("one")
        assert view.state == "error"
        assert named in view.reason
        assert view.retry_in_s is None
        assert view.restarts == 0
        assert view.last_exit is not None
        assert view.last_exit.cause == "refused"
        assert [change.new async for change in changes] == ["loading", "error"]

        write_plugin("one", PLAIN)
        await host.load("one")
        assert host.plugin("one").state == "active"
