"""The dashboard example, with its plugins as real processes: what those who manage plugins would see."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from examples.oko.backend import Backend
from examples.oko.dashboard import PLUGINS, Dashboard
from examples.oko.page import plugins_page, sections_page
from host import ContributionNotFound
from protocol.interface import SLOTS

FAILING = PLUGINS.parent / "failing"
WAIT_S = 20.0


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def dashboard(tmp_path: Path) -> AsyncGenerator[Dashboard, None]:
    async with Dashboard(tmp_path / "oko", [PLUGINS, FAILING]) as dashboard:
        yield dashboard


async def ask(dashboard: Dashboard, method: str, path: str) -> tuple[int, Any]:
    answer = await Backend(dashboard).answer(method, f"/api/v1{path}")
    return answer.status, answer.data


async def do(dashboard: Dashboard, operation: str, plugin: str) -> tuple[int, str, str]:
    """Do something to a plugin; return the status, what was done, and the plugin's state."""
    status, data = await ask(dashboard, "POST", f"/plugins/{plugin}/{operation}")
    return status, data["status"], data["plugin"]["state"]


async def wait_states(dashboard: Dashboard, plugin: str, *states: str) -> None:
    """Wait until a plugin has gone through these states, and no others."""
    with anyio.fail_after(WAIT_S):
        while len(dashboard.history.states(plugin)) < len(states):
            await anyio.lowlevel.checkpoint()
    assert dashboard.history.states(plugin) == list(states)


async def test_plugins_are_discovered_then_loaded_and_unloaded(dashboard: Dashboard) -> None:
    status, data = await ask(dashboard, "GET", "/plugins")
    assert (status, data["total"]) == (200, 4)
    assert data["plugins"][2] == {
        "id": "my_plugin",
        "name": "my_plugin",
        "version": "1.0.0",
        "state": "discovered",
        "scope": "external",
    }
    assert await ask(dashboard, "POST", "/plugins/my_plugin/load") == (
        200,
        {
            "status": "loaded",
            "plugin": data["plugins"][2] | {"state": "active"},
            "message": "Plugin my_plugin loaded successfully",
        },
    )
    assert await do(dashboard, "unload", "my_plugin") == (200, "unloaded", "discovered")
    await wait_states(dashboard, "my_plugin", "loading", "active", "unloading", "discovered")


async def test_a_disabled_plugin_can_not_be_loaded_also_after_a_restart(tmp_path: Path) -> None:
    async with Dashboard(tmp_path / "oko") as dashboard:
        await do(dashboard, "load", "my_plugin")
        assert await do(dashboard, "disable", "my_plugin") == (200, "disabled", "disabled")
    async with Dashboard(tmp_path / "oko", autoload=True) as dashboard:
        assert await do(dashboard, "load", "my_plugin") == (409, "error", "disabled")
        assert await do(dashboard, "enable", "my_plugin") == (200, "enabled", "discovered")
        assert await do(dashboard, "load", "my_plugin") == (200, "loaded", "active")


async def test_a_plugin_that_can_not_be_loaded_is_in_error_and_says_why(dashboard: Dashboard) -> None:
    assert await do(dashboard, "load", "broken_plugin") == (409, "error", "error")
    details = (await ask(dashboard, "GET", "/plugins/broken_plugin"))[1]
    assert "No module named 'a_library_that_is_not_there'" in details["reason"]
    assert await do(dashboard, "load", "my_plugin") == (200, "loaded", "active")
    await wait_states(dashboard, "broken_plugin", "loading", "error")


async def test_a_slot_of_an_older_layout_is_a_fault_that_names_the_current_one(dashboard: Dashboard) -> None:
    details = (await ask(dashboard, "GET", "/plugins/legacy_plugin"))[1]
    assert (details["state"], details["reason"]) == ("error", "its manifest has one fault")
    (fault,) = details["faults"]
    assert "found 'app.sidebar.mid'; allowed: sidebar-mid" in fault
    status, data = await ask(dashboard, "POST", "/plugins/legacy_plugin/load")
    assert (status, data["plugin"]["state"]) == (409, "error")
    assert "app.sidebar.mid" in data["message"]


async def test_details_have_the_manifest_and_the_sections(dashboard: Dashboard) -> None:
    await do(dashboard, "load", "my_plugin")
    status, details = await ask(dashboard, "GET", "/plugins/my_plugin")
    assert status == 200
    assert (details["description"], details["author"]) == ("My awesome plugin", "John Doe")
    assert details["capabilities"] == ("exec.my_plugin.action",)
    assert details["permissions"] == ("dashboard:read",)
    shown = {section["slot"]: section for section in details["sections"]}
    assert shown["header-tabs"]["data"] == {"text": "My awesome plugin: it counts visitors.\n"}
    assert shown["canvas-main"]["data"]["rows"] == [["load", "my_plugin", "loaded"]]


async def test_each_slot_shows_the_sections_of_ui_yaml_while_their_plugins_are_loaded(
    dashboard: Dashboard,
) -> None:
    assert await dashboard.sections() == []
    for plugin in ("my_plugin", "another_plugin"):
        await do(dashboard, "load", plugin)
    assert dashboard.host.plugin("another_plugin").pid is None, "it has no code, so it needs no process"
    sections = {section.slot: section for section in await dashboard.sections()}
    assert sections.keys() == set(SLOTS)
    assert sections["drawer"].data == {"text": "Load a plugin to see its sections.\n"}
    assert sections["drawer-actions"].data == {"items": {"Escape": "close", "F1": "help"}}
    assert sections["sidebar-bottom-indicators"].data == {"text": "all is well", "level": "success"}
    assert sections["sidebar-mid"].data["value"] == 0
    await do(dashboard, "unload", "my_plugin")
    assert {section.plugin for section in await dashboard.sections()} == {"another_plugin"}


async def test_a_capability_is_executed_by_the_plugin_that_declares_it(dashboard: Dashboard) -> None:
    await do(dashboard, "load", "my_plugin")
    assert await dashboard.execute("exec.my_plugin.action", {"name": "Ada"}) == "Ada is visitor 1"
    with pytest.raises(ContributionNotFound, match=r"exec\.my_plugin\.explode"):
        await dashboard.execute("exec.my_plugin.explode", {})


async def test_without_a_store_everything_else_goes_on(dashboard: Dashboard) -> None:
    assert await ask(dashboard, "GET", "/store") == (200, {"available": False, "plugins": [], "total": 0})
    assert await ask(dashboard, "GET", "/store/health") == (503, {"available": False})
    assert await do(dashboard, "load", "my_plugin") == (200, "loaded", "active")
    for method, path in (("GET", "/plugins/no_plugin"), ("POST", "/plugins/my_plugn/load"), ("GET", "/x")):
        status, data = await ask(dashboard, method, path)
        assert (status, data["status"]) == (404, "error")


async def test_the_page_offers_what_each_state_allows(dashboard: Dashboard) -> None:
    await do(dashboard, "load", "my_plugin")
    await do(dashboard, "disable", "another_plugin")
    page = list(plugins_page(dashboard))
    assert page[0] == "Plugins (the store is unavailable)"
    assert "  my_plugin v1.0.0  active  [Unload] [Disable]" in page
    assert "  another_plugin v1.0.0  disabled  [Enable]" in page
    assert "  broken_plugin v1.0.0  discovered  [Load] [Disable]" in page
    assert "header-tabs" in await sections_page(dashboard)
