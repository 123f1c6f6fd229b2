"""What was typed of a configuration is not lost without a word, whichever way its screen is left."""

from collections.abc import Awaitable, Callable

import pytest
from tui.driven import Driven, driving, full_host
from tui.staged_config import config_check, config_page
from tui.staged_facade import StagedFacade

from host.tui.dialogs import Confirm
from host.tui.overview import Overview
from host.tui.plugin_screen import PluginScreen
from host.tui.problems_screen import ProblemsScreen
from host.tui.tabs.config import ConfigTab


def staged() -> StagedFacade:
    facade = full_host()
    facade.config_page, facade.check = config_page(), config_check
    return facade


async def typed(driven: Driven) -> ConfigTab:
    """Open a configuration, and change a value."""
    driven.app.open_plugin("github", "config")
    await driven.sees("interval_s")
    tab = driven.screen(PluginScreen).tab
    assert isinstance(tab, ConfigTab)
    assert tab.table.go_to("enabled")
    await driven.press("space")
    await driven.sees("1 change")
    return tab


async def press_escape(driven: Driven) -> None:
    await driven.press("escape")


async def press_a_digit(driven: Driven) -> None:
    await driven.press("3")


async def open_another(driven: Driven) -> None:
    driven.app.open_plugin("weather")


async def quit_it(driven: Driven) -> None:
    await driven.press("q")


WAYS = (press_escape, press_a_digit, open_another, quit_it)


@pytest.mark.parametrize("leave", WAYS)
async def test_who_leaves_is_asked_and_may_stay_with_what_was_typed(
    leave: Callable[[Driven], Awaitable[None]],
):
    facade = staged()
    async with driving(facade) as driven:
        await typed(driven)
        await leave(driven)
        await driven.until(lambda: isinstance(driven.app.screen, Confirm))
        await driven.sees("The configuration of github is not saved", "1 change would be lost")
        await driven.press("n")
        await driven.sees("1 change", "not saved")
        assert driven.screen(PluginScreen).plugin == "github"
        assert facade.done == []


async def test_what_is_discarded_is_gone_and_the_screen_is_left():
    async with driving(staged()) as driven:
        await typed(driven)
        await driven.press("escape", "d")
        await driven.until(lambda: isinstance(driven.app.screen, Overview))
        await driven.press("3")
        driven.screen(ProblemsScreen)


async def test_what_is_saved_is_agreed_to_and_then_the_digit_counts():
    facade = staged()
    async with driving(facade) as driven:
        await typed(driven)
        await driven.press("3")
        await driven.sees("is not saved")
        await driven.press("s")
        await driven.sees("Save the configuration of github?")
        await driven.press("y")
        await driven.hears("saved as revision 1")
        await driven.until(lambda: isinstance(driven.app.screen, ProblemsScreen))
        assert ("config_set", "github", {"enabled": False}, (), 7) in facade.done


async def test_who_does_not_agree_to_the_differences_stays():
    facade = staged()
    async with driving(facade) as driven:
        await typed(driven)
        await driven.press("escape", "s")
        await driven.sees("Save the configuration of github?")
        await driven.press("n")
        await driven.sees("1 change")
        assert driven.screen(PluginScreen).plugin == "github"
        assert facade.done == []


async def test_a_screen_with_nothing_typed_is_left_at_once():
    async with driving(staged()) as driven:
        tab = await typed(driven)
        tab.discard()
        await driven.press("escape")
        driven.screen(Overview)


async def test_a_digit_opens_its_list_also_where_a_plugin_was_opened_from_it_before():
    async with driving(full_host()) as driven:
        await driven.press("enter")
        driven.screen(PluginScreen)
        await driven.press("3")
        driven.screen(ProblemsScreen)
        await driven.press("1")
        driven.screen(Overview)
