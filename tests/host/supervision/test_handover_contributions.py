"""Handover: what both runs offer: one of them is in force at any moment."""

from collections.abc import Callable
from pathlib import Path

import anyio
import msgspec
import pytest

from host import PluginHost
from host.errors import LoadRefused
from host.services.http_values import Request

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(90)]

Write = Callable[..., Path]
WAIT_S = 30.0

OFFERS = """
import asyncio
from plugin_sdk import endpoint, every, on, widget

class Offers(Plugin):
    async def on_load(self):
        await self.endpoints.register("GET", "late", self.late)
        if VERSION == 2:
            await self.storage.set("registered", True)
            while not await self.storage.get("go"):
                await asyncio.sleep(0.02)
    async def late(self, request) -> Any:
        return {"version": VERSION}
    @endpoint("GET", "only-VERSION")
    async def only(self, request) -> Any:
        return {"version": VERSION}
    @widget("text")
    async def shown(self) -> Any:
        return "version VERSION"
"""


async def status(host: PluginHost, path: str) -> int:
    return (await host.dispatch(Request("GET", f"/api/plugins/offers/{path}"))).status


async def version(host: PluginHost) -> int:
    answer = await host.dispatch(Request("GET", "/api/plugins/offers/late"))
    return msgspec.json.decode(answer.content)["version"]


async def test_endpoints_and_widgets_are_those_of_the_run_that_serves(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("offers", OFFERS.replace("VERSION", "1"))
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        write_plugin("offers", OFFERS.replace("VERSION", "2"))
        with anyio.fail_after(WAIT_S):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(host.reload, "offers")
                while not await host.storage.get("offers", "registered"):  # noqa: ASYNC110
                    await anyio.sleep(0.02)
                assert [await status(host, path) for path in ("late", "only-1", "only-2")] == [200, 200, 404]
                assert await version(host) == 1
                assert len(host.ui.contributions("widget")) == 1
                assert "1" in str(
                    await host.ui.widget_data("offers", host.ui.contributions("widget")[0].name)
                )
                await host.storage.set("offers", "go", True)
        assert [await status(host, path) for path in ("late", "only-1", "only-2")] == [200, 404, 200]
        assert await version(host) == 2
        assert len(host.ui.contributions("widget")) == 1
        assert "2" in str(await host.ui.widget_data("offers", host.ui.contributions("widget")[0].name))


async def test_what_a_failed_run_registered_is_free_for_others(plugins: Path, write_plugin: Write) -> None:
    code = """
class Offers(Plugin):
    async def on_load(self):
        await self.commands.register("kept", self.nothing)
        if VERSION == 2:
            await self.commands.register("added", self.nothing)
            raise PluginError("no such luck")
    async def nothing(self) -> Any:
        return VERSION
"""
    write_plugin("offers", code.replace("VERSION", "1"))
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
        write_plugin("offers", code.replace("VERSION", "2"))
        with pytest.raises(Exception, match="no such luck"):
            await host.reload("offers")
        assert await host.commands.run("kept") == 1
        await host.call("other", "take", {"name": "added"})
        with pytest.raises(Exception, match="offers"):
            await host.call("other", "take", {"name": "kept"})


async def test_two_who_reload_at_once_get_one_new_run(plugins: Path, write_plugin: Write) -> None:
    write_plugin("says", "class Says(Plugin): pass")
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        before = host.plugin("says").pid
        with anyio.fail_after(WAIT_S):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(host.reload, "says")
                tasks.start_soon(host.reload, "says")
        view = host.plugin("says")
        assert view.pid != before
        assert len(view.beside) <= 1


async def test_a_configuration_is_read_by_the_schema_of_the_run_that_gets_it(
    plugins: Path, write_plugin: Write
) -> None:
    code = """
class Set(Plugin):
    @method
    async def got(self) -> Any:
        return dict(self.config)
"""
    schema = '[config_schema.properties.{name}]\ntype = "integer"\ndefault = {value}\n'
    write_plugin("set", code, schema.format(name="old", value=1))
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        assert await host.call("set", "got") == {"old": 1}
        write_plugin("set", code, schema.format(name="new", value=2))
        await host.reload("set")
        assert await host.call("set", "got") == {"new": 2}
        assert host.configuration.get("set") == {"new": 2}


async def test_a_plugin_that_only_contributes_brings_its_new_additions(plugins: Path) -> None:
    folder = plugins / "plain"
    folder.mkdir()
    manifest = (
        'id = "plain"\nversion = "{0}.0.0"\n[[ui]]\nkind = "menu_item"\nname = "item{0}"\ntitle = "T"\n'
    )
    (folder / "plugin.toml").write_text(manifest.format(1))
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        assert host.plugin("plain").state == "active"
        (folder / "plugin.toml").write_text(manifest.format(2))
        await host.reload("plain")
        assert [one.name for one in host.ui.contributions("menu_item")] == ["item2"]
        assert host.plugin("plain").version == "2.0.0"


async def test_what_the_new_version_needs_is_loaded_first(plugins: Path, write_plugin: Write) -> None:
    write_plugin("says", "class Says(Plugin): pass")
    write_plugin("needed", "class Needed(Plugin): pass")
    async with PluginHost(plugins=[plugins]) as host:
        await host.load("says")
        write_plugin("says", "class Says(Plugin): pass", 'dependencies = ["needed"]\n')
        await host.reload("says")
        assert host.plugin("needed").state == "active"
        write_plugin("says", "class Says(Plugin): pass", 'dependencies = ["missing"]\n')
        with pytest.raises(LoadRefused, match="missing"):
            await host.reload("says")
        assert host.plugin("says").state == "active"
