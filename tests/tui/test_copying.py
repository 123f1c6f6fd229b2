"""What is copied as a command line names the host that the monitor looks at."""

import pytest
from tui.driven import driving, full_host

from host.tui.plugin_screen import PluginScreen

PLACE = ("--data", "/srv/my hosts/a")
QUOTED = " --data '/srv/my hosts/a'"


async def test_a_command_that_shows_the_same_names_the_data_folder():
    async with driving(full_host(), place=PLACE) as driven:
        await driven.press("Y")
        assert driven.app.clipboard == "plughost why calendar" + QUOTED
        await driven.press("5", "Y")
        assert driven.app.clipboard == "plughost host" + QUOTED


async def test_a_call_that_is_copied_from_its_form_names_the_data_folder():
    async with driving(full_host(), place=PLACE) as driven:
        driven.app.call_form("github", "status")
        await driven.sees("copy as CLI")
        await driven.press("ctrl+y")
        assert driven.app.clipboard == "plughost call github status" + QUOTED


@pytest.mark.parametrize(
    ("tab", "line"),
    [
        ("permissions", "plughost perms list github"),
        ("config", "plughost config get github"),
        ("rpc", "plughost rpc tail github"),
    ],
)
async def test_each_tab_copies_a_command_for_the_host_that_is_shown(tab: str, line: str):
    facade = full_host()
    facade.lines["rpc"] = []
    async with driving(facade, place=PLACE) as driven:
        driven.app.open_plugin("github", tab)
        await driven.until(lambda: isinstance(driven.app.screen, PluginScreen))
        await driven.settle()
        await driven.press("Y")
        assert driven.app.clipboard == line + QUOTED


async def test_a_command_that_asks_no_host_names_none():
    async with driving(full_host(), place=PLACE) as driven:
        driven.app.open_plugin("github", "manifest")
        await driven.settle()
        await driven.press("Y")
        assert driven.app.clipboard.startswith("plughost validate ")
        assert "--data" not in driven.app.clipboard


async def test_a_host_that_was_reached_by_its_socket_is_named_so_and_by_its_folder_where_no_socket_is_taken():
    facade = full_host()
    async with driving(facade, place=("--socket", "/run/a.sock")) as driven:
        await driven.press("5", "Y")
        assert driven.app.clipboard == "plughost host --socket /run/a.sock"
        await driven.press("1", "Y")
        page = driven.app.model.page
        assert page is not None
        assert driven.app.clipboard == f"plughost why calendar --data {page.data_folder}"


async def test_without_an_option_none_is_added():
    async with driving(full_host()) as driven:
        await driven.press("Y")
        assert driven.app.clipboard == "plughost why calendar"
