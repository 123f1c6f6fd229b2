"""What plugins add to user interfaces, as every facade shows it: one suite over {in process, socket}."""

from collections.abc import AsyncGenerator
from pathlib import Path

import anyio
import pytest

from host import PluginHost
from host.control.client import connect
from host.errors import ContributionNotFound, NotActive, PluginNotFound
from host.facade import Facade
from tests.contract.conftest import ROOT, WAIT_S

OKO = ROOT / "examples" / "oko" / "plugins"
THEME = ROOT / "examples" / "streamspace" / "plugins" / "dark-theme"


@pytest.fixture(params=["in process", "socket"])
async def facade(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Facade]:
    socket = request.param == "socket"
    plugins = [OKO, THEME]
    async with PluginHost(plugins=plugins, data=tmp_path / "data", control=socket, autoload=True) as host:
        if not socket:
            yield host.facade
            return
        async with connect(tmp_path / "data", client="contract") as attached:
            yield attached


async def test_additions_of_every_kind_are_listed_with_their_slots(facade: Facade):
    found = {(row.plugin, row.kind, row.name): row for row in await facade.contributions()}
    assert found["my_plugin", "section", "sidebar-mid-1"].slot == "sidebar-mid"
    assert found["another_plugin", "section", "drawer-1"].title == "Help"
    assert found["dark-theme", "theme", "dark-theme"].data["colors"]["background"]["default"] == "#0f172a"
    assert {row.kind for row in await facade.contributions("my_plugin", "widget")} == {"widget"}


async def test_what_an_addition_shows_comes_with_how_it_is_drawn(facade: Facade):
    await facade.storage_set("my_plugin", "visitors", 7)
    visitors = await facade.contribution("my_plugin", "section", "sidebar-mid-1")
    assert (visitors.kind, visitors.data["value"], visitors.error) == ("stat", 7, "")
    badge = await facade.contribution("another_plugin", "section", "sidebar-bottom-indicators-3")
    assert (badge.kind, badge.data["text"]) == ("badge", "all is well")


async def test_what_can_not_be_had_says_what_failed_and_what_to_do(facade: Facade):
    operations = await facade.contribution("my_plugin", "section", "canvas-main-2")
    assert operations.data == {}
    assert "dashboard.operations" in operations.error
    assert operations.remedy == "run it under the program that it is made for, which brings that method"
    assert await facade.widget("my_plugin", "operations") == await facade.contribution(
        "my_plugin", "widget", "operations"
    )


async def test_what_is_not_there_is_not_found(facade: Facade):
    with pytest.raises(ContributionNotFound, match="there is no section 'nothing'"):
        await facade.contribution("my_plugin", "section", "nothing")
    with pytest.raises(ContributionNotFound):
        await facade.contribution("dark-theme", "theme", "dark-theme")
    with pytest.raises(PluginNotFound):
        await facade.contribution("nobody", "widget", "visitors")
    await facade.plugin_stop("my_plugin")
    with pytest.raises(NotActive):
        await facade.contribution("my_plugin", "widget", "visitors")


async def test_the_host_tells_that_additions_came_or_went(facade: Facade):
    async with facade.watch(["host"], hz=10) as board:
        for plugin in ("my_plugin", "dark-theme"):
            for change in (facade.plugin_stop, facade.plugin_start):
                assert board.host is not None
                before = board.host.contributions
                await change(plugin)
                with anyio.fail_after(WAIT_S):
                    while board.host.contributions == before:
                        await board.moved()
