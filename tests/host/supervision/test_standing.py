"""What the operator wanted of a plugin is kept over restarts of the host."""

from collections.abc import Callable
from pathlib import Path

import pytest

from host import Disabled, PluginHost

Write = Callable[..., Path]

PLAIN = "class Plain(Plugin): ...\n"


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
