"""Forgetting a plugin: all that is kept of it goes, nothing of others, and what could not go is said."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from host import Busy, ConsentRequired, NotForgotten, PluginHost, PluginNotFound
from host.errors import DatabaseFault

Write = Callable[..., Path]

KEEPER = """
from plugin_sdk import every, hook, on


class Keeper(Plugin):
    @method
    async def keep(self) -> None:
        await self.storage.set("a", 1)
        await self.storage.set("b", 2)
        (self.paths.data / "file.txt").write_text("kept")
        self.log.warning("kept a line")
        await self.analytics.track("export")

    @on("orders.*", durable=True)
    async def order(self, data: Any) -> None: ...

    @hook("message.before_send", fail="closed")
    async def look(self, message: Any) -> None: ...

    @every(hours=1)
    async def tidy(self) -> None: ...
"""
MANIFEST = 'permissions = ["sessions:read"]\n[config_schema]\nsize = {type = "integer", default = 1}\n'
EVERYTHING = {
    "storage": 2,
    "files": 1,
    "configuration": 1,
    "hooks": 1,
    "events": 1,
    "schedules": 1,
    "analytics": 1,
    "log_level": 1,
    "record": 1,
}


async def used(host: PluginHost, *plugins: str) -> None:
    for plugin in plugins:
        await host.load(plugin)
        await host.call(plugin, "keep")
        await host.configuration.set(plugin, {"size": 7})
        await host.logs.set_level(plugin, "debug")
        await host.permissions.revoke(plugin, "sessions:read")
        await host.unload(plugin)
        await host.disable(plugin)
    await host.recorder.flush()
    await host.analytics.save()


def traces(data: Path, plugin: str) -> list[str]:
    """Every file and folder that bears the plugin's name, and every file that holds it."""
    named = [path for path in data.rglob("*") if path.stem == plugin]
    small = [path for path in data.glob("*.json") if plugin in path.read_text()]
    return sorted(str(path.relative_to(data)) for path in [*named, *small])


async def test_all_that_is_kept_of_a_plugin_that_is_gone_goes_and_nothing_of_its_neighbour(
    plugins: Path, tmp_path: Path, write_plugin: Write
) -> None:
    data = tmp_path / "data"
    for plugin in ("keeper", "other"):
        write_plugin(plugin, KEEPER, MANIFEST)
    async with PluginHost([plugins], data=data) as host:
        await used(host, "keeper", "other")
        before = traces(data, "other")
        assert {"spaces/keeper", "plugins/keeper.json", "logs/keeper.log"} <= set(traces(data, "keeper"))
        with pytest.raises(Busy, match=r"still in .*keeper; remove that folder first"):
            await host.forget("keeper")
        shutil.rmtree(plugins / "keeper")
        done = await host.forget("keeper")
        assert {**done.removed, "recorder": 0} == {**EVERYTHING, "recorder": 0}
        assert done.removed["recorder"] >= 3
        assert traces(data, "keeper") == []
        assert set(before) <= set(traces(data, "other"))
        assert (await host.storage.usage("other")).keys == 2
        assert await host.storage.plugins() == ["other"]
        assert [one.plugin for one in host.hooks.chain("message.before_send")] == ["other"]
        with pytest.raises(PluginNotFound, match="keeper"):
            await host.forget("keeper")
    async with PluginHost([plugins], data=data) as host:
        assert traces(data, "keeper") == []
        assert await host.configuration.history("other")


async def test_one_whose_package_stays_is_as_if_just_installed(
    plugins: Path, tmp_path: Path, write_plugin: Write
) -> None:
    write_plugin("keeper", KEEPER, MANIFEST)
    async with PluginHost([plugins], data=tmp_path / "data") as host:
        await used(host, "keeper")
        assert host.plugin("keeper").state == "disabled"
        await host.forget("keeper", keep_package=True)
        view = host.plugin("keeper")
        assert (view.state, view.wanted, view.permissions) == ("discovered", None, ("sessions:read",))
        assert host.configuration.get("keeper") == {"size": 1}
        await host.load("keeper")
        assert (await host.storage.usage("keeper")).keys == 0
        with pytest.raises(Busy, match=r"runs, or is about to.*unload it first"):
            await host.forget("keeper", keep_package=True)


async def test_what_a_plugin_keeps_itself_may_stay(
    plugins: Path, tmp_path: Path, write_plugin: Write
) -> None:
    write_plugin("keeper", KEEPER, MANIFEST)
    async with PluginHost([plugins], data=tmp_path / "data") as host:
        await used(host, "keeper")
        done = await host.forget("keeper", data=False, keep_package=True)
        assert not {"storage", "files", "configuration"} & set(done.removed)
        assert (await host.storage.usage("keeper")).keys == 2
        assert host.configuration.get("keeper") == {"size": 7}
        assert host.plugin("keeper").state == "discovered"


async def test_what_can_not_be_removed_is_said_and_a_second_try_goes_on_with_it(
    plugins: Path, tmp_path: Path, write_plugin: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_plugin("keeper", KEEPER, MANIFEST)
    async with PluginHost([plugins], data=tmp_path / "data") as host:
        await used(host, "keeper")

        def refuse(path: Path, *_: Any) -> None:
            raise PermissionError(13, "not permitted", str(path))

        with monkeypatch.context() as patch:
            patch.setattr("host.state.spaces.shutil.rmtree", refuse)
            with pytest.raises(NotForgotten) as caught:
                await host.forget("keeper", keep_package=True)
        assert set(caught.value.failed) == {"files"}
        assert "files: [Errno 13] not permitted" in caught.value.message
        assert caught.value.removed["storage"] == 2
        assert host.plugin("keeper").state == "discovered"
        done = await host.forget("keeper", keep_package=True)
        assert done.removed["files"] == 1
        assert "storage" not in done.removed


async def test_nobody_finds_it_while_it_is_being_forgotten(
    plugins: Path, tmp_path: Path, write_plugin: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_plugin("keeper", KEEPER, MANIFEST)
    host = PluginHost([plugins], data=tmp_path / "data")
    begun, go_on = anyio.Event(), anyio.Event()

    async def slow(_: Any, plugin: str) -> int:
        begun.set()
        await go_on.wait()
        raise DatabaseFault(f"{plugin} is slow")

    async with host, anyio.create_task_group() as tasks:
        await used(host, "keeper")
        monkeypatch.setattr("host.services.schedule_memory.ScheduleMemory.forget", slow)

        async def forget() -> None:
            with pytest.raises(NotForgotten, match="schedules: keeper is slow"):
                await host.forget("keeper", keep_package=True)

        tasks.start_soon(forget)
        with anyio.fail_after(10):
            await begun.wait()
        for verb in (host.load, host.enable, host.restart):
            with pytest.raises(Busy, match="being forgotten"):
                await verb("keeper")
        with pytest.raises(Busy, match="being forgotten"):
            await host.forget("keeper", keep_package=True)
        await host.rescan()
        assert host.plugins() == ()
        go_on.set()


@pytest.mark.parametrize("plugin", ["nobody", "../keeper", "", "a.b", "A"])
async def test_what_is_no_plugin_is_told_and_touches_nothing(
    plugins: Path, tmp_path: Path, write_plugin: Write, plugin: str
) -> None:
    write_plugin("keeper", KEEPER, MANIFEST)
    async with PluginHost([plugins], data=tmp_path / "data") as host:
        await used(host, "keeper")
        before = traces(tmp_path, "keeper")
        with pytest.raises(PluginNotFound):
            await host.forget(plugin)
        assert traces(tmp_path, "keeper") == before


async def test_it_is_asked_for_consent_no_more_after_it_was_forgotten(
    plugins: Path, tmp_path: Path, write_plugin: Write
) -> None:
    write_plugin("keeper", KEEPER, MANIFEST)
    async with PluginHost([plugins], data=tmp_path / "data") as host:
        await host.load("keeper")
        await host.unload("keeper")
        write_plugin("keeper", KEEPER, MANIFEST.replace("]", ', "users:read"]', 1), version="2.0.0")
        await host.rescan()
        with pytest.raises(ConsentRequired):
            await host.load("keeper")
        await host.forget("keeper", keep_package=True)
        await host.load("keeper")
