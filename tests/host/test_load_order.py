"""Plugins that need other plugins: order, what is missing, versions, circles."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import anyio
import pytest

from host import HasDependants, LoadFailed, LoadRefused, MissingDependency, PluginHost
from host.supervision.supervisor import Supervisor

Write = Callable[..., Path]

PLAIN = "class Plain(Plugin): ...\n"


async def loaded_in_order(host: PluginHost, plugin: str) -> list[str]:
    with host.changes() as changes:
        await host.load(plugin)
    return [change.plugin async for change in changes if change.new == "active"]


async def test_what_a_plugin_needs_is_loaded_before_it(plugins: Path, write_plugin: Write) -> None:
    write_plugin("app", PLAIN, 'dependencies = ["middle"]')
    write_plugin("middle", PLAIN, 'dependencies = ["base"]')
    write_plugin("base", PLAIN)
    write_plugin("unrelated", PLAIN)

    async with PluginHost(plugins=[plugins]) as host:
        assert await loaded_in_order(host, "app") == ["base", "middle", "app"]
        assert host.plugin("unrelated").state == "discovered"


async def test_a_host_that_loads_all_keeps_the_order_and_loads_each_once(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("a", PLAIN, 'dependencies = ["c"]')
    write_plugin("b", PLAIN, 'dependencies = ["c"]')
    write_plugin("c", PLAIN)

    async with PluginHost(plugins=[plugins]) as host:
        with host.changes() as changes:
            assert await host.load_all() == {}
        active = [change.plugin async for change in changes if change.new == "active"]

    assert active[0] == "c"
    assert sorted(active) == ["a", "b", "c"]


async def test_what_many_need_is_looked_at_once(
    plugins: Path, write_plugin: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers = [[f"{layer}{number}" for number in range(3)] for layer in "abc"]
    for upper, lower in pairwise([["top"], *layers, []]):
        for plugin in upper:
            write_plugin(plugin, PLAIN, f"dependencies = {lower}")
    started: list[str] = []
    start = Supervisor.start

    async def noted(supervisor: Supervisor) -> None:
        started.append(supervisor.id)
        await start(supervisor)

    monkeypatch.setattr(Supervisor, "start", noted)
    async with PluginHost(plugins=[plugins]) as host:
        await host.load("top")
    assert sorted(started) == sorted(["top", *(plugin for layer in layers for plugin in layer)])
    assert started[-1] == "top"


async def test_critical_plugins_come_first(plugins: Path, write_plugin: Write) -> None:
    write_plugin("a", PLAIN)
    write_plugin("z", PLAIN, "critical = true")

    async with PluginHost(plugins=[plugins]) as host:
        with host.changes() as changes:
            await host.load_all()
        active = [change.plugin async for change in changes if change.new == "active"]
    assert active == ["z", "a"]


async def test_a_missing_plugin_is_named_and_the_reason_is_shown(plugins: Path, write_plugin: Write) -> None:
    write_plugin("app", PLAIN, 'dependencies = ["absent"]')

    async with PluginHost(plugins=[plugins]) as host:
        with pytest.raises(MissingDependency, match="'absent', which is not here") as caught:
            await host.load("app")
        assert caught.value.data["missing"] == "absent"
        assert "install absent" in caught.value.remedy
        view = host.plugin("app")
        assert view.state == "error"
        assert "absent" in view.reason
        assert view.pid is None

        write_plugin("absent", PLAIN)
        await host.rescan()
        await host.load("app")
        assert host.plugin("app").state == "active"


async def test_a_missing_package_is_named_with_the_line_to_run(plugins: Path, write_plugin: Write) -> None:
    write_plugin("app", PLAIN, '[dependencies.packages]\nno-such-distribution-here = ">=1"\n')

    async with PluginHost(plugins=[plugins]) as host:
        with pytest.raises(MissingDependency, match=r"it is not installed; run: .* -m venv") as caught:
            await host.load("app")
        assert caught.value.code == "missing_dependency"
        assert list(caught.value.data["install"]) == ["no-such-distribution-here>=1"]
        assert "/pip install" in host.plugin("app").reason


async def test_another_version_than_the_needed_one_is_refused(plugins: Path, write_plugin: Write) -> None:
    write_plugin("app", PLAIN, '[dependencies.plugins]\nbase = "^2.0"\n')
    write_plugin("base", PLAIN, version="1.4.0")

    async with PluginHost(plugins=[plugins]) as host:
        with pytest.raises(MissingDependency, match=r"needs base .*2\.0.*, here is 1\.4\.0"):
            await host.load("app")
        assert host.plugin("base").state == "discovered"

        write_plugin("base", PLAIN, version="2.3.0")
        await host.rescan()
        await host.load("app")
        assert host.plugin("base").state == "active"


async def test_a_circle_is_refused_and_drawn(plugins: Path, write_plugin: Write) -> None:
    write_plugin("a", PLAIN, 'dependencies = ["b"]')
    write_plugin("b", PLAIN, 'dependencies = ["c"]')
    write_plugin("c", PLAIN, 'dependencies = ["a"]')
    write_plugin("free", PLAIN)

    async with PluginHost(plugins=[plugins]) as host:
        with pytest.raises(LoadRefused, match=r"a -> b -> c -> a; take one of them out"):
            await host.load("a")
        failed = await host.load_all()
        assert sorted(failed) == ["a", "b", "c"]
        assert host.plugin("free").state == "active"


async def test_a_plugin_whose_need_does_not_load_is_not_started(plugins: Path, write_plugin: Write) -> None:
    write_plugin("app", PLAIN, 'dependencies = ["base"]')
    write_plugin("base", "import no_such_module\n" + PLAIN)

    async with PluginHost(plugins=[plugins]) as host:
        with pytest.raises(LoadFailed, match="no_such_module"):
            await host.load("app")
        assert host.plugin("base").state == "error"
        assert host.plugin("app").pid is None


async def test_loading_all_does_not_wake_what_was_stopped_on_purpose(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("app", PLAIN, 'dependencies = ["base"]')
    write_plugin("base", PLAIN)
    async with PluginHost(plugins=[plugins], data=tmp_path / "data", autoload=True) as host:
        await host.unload("base", dependants="keep")

    async with PluginHost(plugins=[plugins], data=tmp_path / "data", autoload=True) as host:
        assert host.plugin("base").state == "discovered"
        assert host.plugin("base").wanted == "stopped"
        assert host.plugin("app").state == "error"
        assert "base" in host.plugin("app").reason

        await host.load("app")
        assert host.plugin("base").state == "active", "asking for it by name brings what it needs"


async def test_versions_of_the_application_are_checked(plugins: Path, write_plugin: Write) -> None:
    write_plugin("app", PLAIN, '[requires]\nshop = ">=2"\n')

    async with PluginHost(plugins=[plugins], app="shop", app_version="1.9") as host:
        with pytest.raises(LoadRefused, match=r"shop.*2"):
            await host.load("app")
        assert host.plugin("app").state == "error"
    async with PluginHost(plugins=[plugins], app="shop", app_version="2.1") as host:
        await host.load("app")


async def test_a_plugin_that_running_ones_need_is_unloaded_only_where_that_is_said(
    plugins: Path, write_plugin: Write
) -> None:
    code = "class Any_(Plugin):\n    pass\n"
    write_plugin("base", code)
    write_plugin("middle", code, 'dependencies = ["base"]')
    write_plugin("top", code, 'dependencies = ["middle", "base"]')
    async with PluginHost([plugins]) as host:
        await host.load("top")
        with pytest.raises(HasDependants, match="top, middle") as told:
            await host.unload("base")
        assert told.value.dependants == ("top", "middle")
        assert host.plugin("base").state == "active"

        with host.changes() as changes:
            await host.unload("base", dependants="unload")
            with anyio.fail_after(20):
                order: list[str] = []
                while len(order) < 3:
                    change = await anext(changes)
                    if change.new == "discovered":
                        order.append(change.plugin)
        assert order == ["top", "middle", "base"]

        await host.load("top")
        await host.unload("base", dependants="keep")
        assert [host.plugin(name).state for name in ("base", "middle", "top")] == [
            "discovered",
            "active",
            "active",
        ]
        await host.unload("top")
