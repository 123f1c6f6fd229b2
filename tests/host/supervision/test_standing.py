"""What the operator wanted of a plugin is kept over restarts of the host."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest

from host import Disabled, PluginDied, PluginHost, PluginView, Quarantined
from host.supervision.restart import MAX_CRASHES
from tests.host.supervision.gate import PLAIN

Until = Callable[..., Awaitable[PluginView]]
Write = Callable[..., Path]

CRASHER = """
import os

class Crasher(Plugin):
    @method
    async def crash(self) -> None:
        os._exit(7)
"""


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From the call on nothing durable can be written."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    return lambda: monkeypatch.setattr(os, "fsync", full)


async def test_a_stop_is_kept_over_restarts_of_the_host(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("stopped", PLAIN)
    write_plugin("running", PLAIN)
    async with PluginHost(plugins=[plugins], data=tmp_path / "data", autoload=True) as host:
        await host.unload("stopped")
        assert host.plugin("stopped").wanted == "stopped"

    async with PluginHost(plugins=[plugins], data=tmp_path / "data", autoload=True) as host:
        assert host.plugin("running").state == "active", "the host's own end is no stop"
        assert host.plugin("stopped").state == "discovered"
        assert host.plugin("stopped").wanted == "stopped"
        await host.load("stopped")

    async with PluginHost(plugins=[plugins], data=tmp_path / "data", autoload=True) as host:
        assert host.plugin("stopped").state == "active"


async def test_disabled_is_kept_over_restarts_of_the_host_until_it_is_enabled(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("one", PLAIN)
    async with PluginHost(plugins=[plugins], data=tmp_path / "data", autoload=True) as host:
        await host.disable("one")
        assert host.plugin("one").state == "disabled"
        assert host.plugin("one").pid is None

    async with PluginHost(plugins=[plugins], data=tmp_path / "data", autoload=True) as host:
        assert host.plugin("one").state == "disabled"
        assert not host.plugin("one").enabled
        with pytest.raises(Disabled, match="enable it first"):
            await host.load("one")
        with pytest.raises(Disabled):
            await host.call("one", "anything")
        await host.enable("one")
        assert host.plugin("one").state == "discovered"
        await host.load("one")

    async with PluginHost(plugins=[plugins], data=tmp_path / "data", autoload=True) as host:
        assert host.plugin("one").state == "active"


async def test_a_plugin_that_is_not_wanted_any_more_can_be_stopped_before_it_ever_ran(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("one", PLAIN)
    async with PluginHost(plugins=[plugins], data=tmp_path / "data") as host:
        await host.unload("one")
        await host.unload("one")
    async with PluginHost(plugins=[plugins], data=tmp_path / "data", autoload=True) as host:
        assert host.plugin("one").state == "discovered"


async def test_what_cannot_be_kept_is_done_all_the_same_and_said(
    plugins: Path, write_plugin: Write, full_disk: Callable[[], None], tmp_path: Path
) -> None:
    for name in ("killed", "stopped", "disabled"):
        write_plugin(name, PLAIN)
    async with PluginHost(plugins=[plugins], data=tmp_path / "data", autoload=True) as host:
        full_disk()
        for verb, plugin in ((host.kill, "killed"), (host.unload, "stopped"), (host.disable, "disabled")):
            with pytest.raises(OSError, match="No space left"):
                await verb(plugin)
            assert host.plugin(plugin).pid is None
        assert [view.state for view in host.plugins()] == ["disabled", "discovered", "discovered"]


async def test_a_restart_that_cannot_be_kept_is_made_all_the_same_and_harms_nobody(
    plugins: Path, write_plugin: Write, until: Until, full_disk: Callable[[], None], tmp_path: Path
) -> None:
    write_plugin("one", PLAIN)
    write_plugin("other", PLAIN)
    async with PluginHost(plugins=[plugins], data=tmp_path / "data", autoload=True) as host:
        await host.unload("one")
        full_disk()
        with pytest.raises(OSError, match="No space left"), anyio.fail_after(20):
            await host.restart("one")
        await until(host, "one", "active")
        assert host.plugin("other").state == "active"


async def test_a_quarantine_that_cannot_be_kept_holds_while_the_host_lives(
    plugins: Path, write_plugin: Write, until: Until, full_disk: Callable[[], None], tmp_path: Path
) -> None:
    write_plugin("one", CRASHER)
    async with PluginHost(plugins=[plugins], data=tmp_path / "data", autoload=True) as host:
        full_disk()
        for left in reversed(range(MAX_CRASHES)):
            with pytest.raises(PluginDied):
                await host.call("one", "crash")
            await until(host, "one", "backoff" if left else "quarantined")
            if left:
                await host.load("one")
        with pytest.raises(Quarantined, match="failed 5 times"):
            await host.load("one")
