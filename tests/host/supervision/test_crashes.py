"""What follows a crash: a delay, a new start, and after too many of them quarantine."""

import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import psutil
import pytest

from host import LoadFailed, PluginDied, PluginHost, PluginView, Quarantined
from host.clock import FakeClock
from host.supervision import storm
from host.supervision.restart import BACKOFF_S, JITTER, MAX_CRASHES

Until = Callable[..., Awaitable[PluginView]]
Write = Callable[..., Path]

PLAIN = "class Plain(Plugin): ...\n"
CRASHER = """
import os

class Crasher(Plugin):
    @method
    async def crash(self) -> None:
        os._exit(7)
"""


def kill_warden() -> None:
    (warden,) = (one for one in psutil.Process().children() if "plugin_sdk.runtime.warden" in one.cmdline())
    warden.kill()


async def crash(host: PluginHost, plugin: str) -> None:
    with pytest.raises(PluginDied):
        await host.call(plugin, "crash")


async def test_a_crashed_plugin_comes_back_by_itself(
    plugins: Path, write_plugin: Write, until: Until
) -> None:
    write_plugin("one", CRASHER)
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        first = host.plugin("one")
        await crash(host, "one")

        waiting = await until(host, "one", "backoff")
        assert "exited with code 7" in waiting.reason
        assert waiting.pid is None
        assert waiting.last_exit is not None
        assert (waiting.last_exit.cause, waiting.last_exit.code) == ("crashed", 7)
        assert waiting.last_exit.last_method == "crash"

        again = await until(host, "one", "active")
        assert again.pid != first.pid
        assert again.retry_in_s is None
        assert again.restarts == 1


async def test_a_signal_is_named(plugins: Path, write_plugin: Write, until: Until) -> None:
    write_plugin("one", PLAIN)
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        pid = host.plugin("one").pid
        assert pid is not None
        os.kill(pid, signal.SIGSEGV)
        view = await until(host, "one", "backoff")
        assert view.last_exit is not None
        assert view.last_exit.signal == "SIGSEGV"
        assert "was killed by SIGSEGV" in view.reason


async def test_the_delays_follow_the_policy_and_a_load_does_not_wait_for_them(
    plugins: Path, write_plugin: Write, until: Until
) -> None:
    write_plugin("one", CRASHER)
    clock = FakeClock()
    async with PluginHost(plugins=[plugins], autoload=True, clock=clock) as host:
        for delay_s in BACKOFF_S[: MAX_CRASHES - 1]:
            await crash(host, "one")
            view = await until(host, "one", "backoff")
            assert view.retry_in_s is not None
            assert delay_s * (1 - JITTER) <= view.retry_in_s <= delay_s * (1 + JITTER)
            with anyio.fail_after(20):
                await host.load("one")
            assert host.plugin("one").state == "active"
            clock.advance(1.0)


async def test_a_failing_load_says_why_and_when_it_is_tried_again(plugins: Path, write_plugin: Write) -> None:
    write_plugin(
        "one",
        """
        import os
        import sys

        class Failing(Plugin):
            async def on_load(self) -> None:
                print("the disk is not there", file=sys.stderr)
                os._exit(3)
        """,
    )
    async with PluginHost(plugins=[plugins]) as host:
        with pytest.raises(LoadFailed, match="did not become active") as caught:
            await host.load("one")
        assert "the disk is not there" in caught.value.message
        assert "tries again in" in caught.value.remedy
        assert host.plugin("one").state == "backoff"
        await host.unload("one")
        assert host.plugin("one").state == "discovered"
        assert host.plugin("one").retry_in_s is None


async def crash_until_quarantined(host: PluginHost, plugin: str, until: Until) -> None:
    for _ in range(MAX_CRASHES - 1):
        await crash(host, plugin)
        await until(host, plugin, "backoff")
        await host.load(plugin)
    await crash(host, plugin)
    await until(host, plugin, "quarantined")


async def test_a_plugin_that_keeps_crashing_goes_into_quarantine_until_it_is_reset(
    plugins: Path, write_plugin: Write, tmp_path: Path, until: Until
) -> None:
    write_plugin("one", CRASHER)
    data = tmp_path / "data"
    async with PluginHost(plugins=[plugins], data=data, autoload=True) as host:
        await crash_until_quarantined(host, "one", until)
        for verb in (host.load, host.restart, host.enable):
            with pytest.raises(Quarantined, match=r"failed 5 times in 5 minutes.*code 7") as caught:
                await verb("one")
            assert "reset" in caught.value.remedy
        with pytest.raises(Quarantined):
            await host.call("one", "crash")

    async with PluginHost(plugins=[plugins], data=data, autoload=True) as host:
        view = host.plugin("one")
        assert view.state == "quarantined"
        assert "failed 5 times" in view.reason
        assert view.pid is None

        await host.reset("one")
        assert host.plugin("one").state == "discovered"
        await host.load("one")
        await crash(host, "one")
        assert (await until(host, "one", "backoff", "quarantined")).state == "backoff"


async def test_a_changed_package_ends_its_quarantine(
    plugins: Path, write_plugin: Write, tmp_path: Path, until: Until
) -> None:
    folder = write_plugin("one", CRASHER)
    data = tmp_path / "data"
    async with PluginHost(plugins=[plugins], data=data, autoload=True) as host:
        await crash_until_quarantined(host, "one", until)

    (folder / "main.py").write_text((folder / "main.py").read_text() + "\n# mended\n")

    async with PluginHost(plugins=[plugins], data=data, autoload=True) as host:
        assert host.plugin("one").state == "active"
        await crash(host, "one")
        assert (await until(host, "one", "backoff", "quarantined")).state == "backoff"


async def test_many_loads_at_once_of_a_mended_plugin_end_its_quarantine_once(
    plugins: Path, write_plugin: Write, until: Until
) -> None:
    folder = write_plugin("one", CRASHER)
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        await crash_until_quarantined(host, "one", until)
        (folder / "main.py").write_text((folder / "main.py").read_text() + "\n# mended\n")
        with host.changes() as changes:
            async with anyio.create_task_group() as tasks:
                for verb in (host.load, host.load, host.enable, host.load):
                    tasks.start_soon(verb, "one")
        assert [change.new async for change in changes] == ["discovered", "loading", "active"]


async def test_a_disabled_plugin_in_quarantine_is_disabled_once_it_is_reset(
    plugins: Path, write_plugin: Write, until: Until
) -> None:
    write_plugin("one", CRASHER)
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        await crash_until_quarantined(host, "one", until)
        await host.disable("one")
        assert host.plugin("one").state == "quarantined"
        await host.reset("one")
        assert host.plugin("one").state == "disabled"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a warden")
async def test_a_warden_that_is_ended_again_and_again_is_not_started_without_pause(
    plugins: Path, write_plugin: Write, until: Until
) -> None:
    write_plugin("one", PLAIN)
    clock = FakeClock()
    async with PluginHost(plugins=[plugins], autoload=True, clock=clock) as host:
        kill_warden()
        with host.changes() as changes, anyio.fail_after(20):
            assert [(await anext(changes)).new for _ in range(3)] == ["backoff", "loading", "active"]
        for delay_s in BACKOFF_S[:3]:
            kill_warden()
            view = await until(host, "one", "backoff")
            assert view.retry_in_s is not None
            assert delay_s * (1 - JITTER) <= view.retry_in_s <= delay_s * (1 + JITTER)
            assert view.restarts == 0
            await host.load("one")


async def test_restarts_of_many_plugins_are_spread_out(
    plugins: Path, write_plugin: Write, until: Until
) -> None:
    for number in range(storm.MAX_RESTARTS + 2):
        write_plugin(f"p{number}", PLAIN)
    # A clock that stands still: the window in which restarts count never ends.
    async with PluginHost(plugins=[plugins], autoload=True, clock=FakeClock()) as host:
        pids = {view.id: view.pid for view in host.plugins()}
        with host.changes() as changes, anyio.fail_after(40):
            for pid in pids.values():
                assert pid is not None
                os.kill(pid, signal.SIGKILL)
            back = 0
            while back < storm.MAX_RESTARTS:
                back += (await anext(changes)).new == "active"
        left = [view for view in host.plugins() if view.state == "backoff"]
        assert len(left) == 2
        for view in left:
            await host.load(view.id)
        assert {view.state for view in host.plugins()} == {"active"}
