"""Terminals that change their size, and tiny ones."""

import msgspec
import pytest
from tui.driven import LOW, WIDE, driving, full_host

from host.facade.plugin_pages import MechanismPage, PluginPage
from host.tui.dialogs import ShowText
from host.tui.inked_lines import InkedLines
from host.tui.overview import Overview
from host.tui.tabs.summary import SummaryTab


async def test_the_rows_have_the_keys_again_after_a_terminal_was_tiny():
    async with driving(full_host()) as driven:
        await driven.press("enter")
        await driven.sees("[Summary]")
        await driven.pilot.resize_terminal(50, 12)
        await driven.settle()
        await driven.pilot.resize_terminal(*WIDE)
        await driven.sees("[Summary]")
        await driven.press("escape")
        await driven.sees("[1 Overview]", "PLUGIN")
        await driven.until(lambda: driven.app.focused is driven.screen(Overview).table)
        await driven.press("down", "enter")
        await driven.sees("[Summary]", "github")


async def test_a_tiny_terminal_is_one_line_also_while_the_host_is_gone():
    facade = full_host()
    async with driving(facade, (50, 12)) as driven:
        facade.vanish()
        await driven.until(lambda: driven.lines[0].startswith("lost 3/11 active"))
        assert not any(line.strip() for line in driven.lines[1:])


@pytest.mark.parametrize("key", ["x", "K", "d", "R"])
async def test_in_a_tiny_terminal_nothing_is_done_to_a_row_that_is_not_seen(key: str):
    facade = full_host()
    async with driving(facade, (50, 12)) as driven:
        await driven.press(key)
        await driven.hears("can't be seen in a terminal under 60x15")
        assert facade.done == []
        driven.screen(Overview)


async def test_in_a_tiny_terminal_the_palette_does_nothing_either_and_help_is_shown():
    facade = full_host()
    async with driving(facade, (50, 12)) as driven:
        driven.app.acts.do("plugin_reload", ["weather"])
        await driven.hears("can't be seen in a terminal under 60x15")
        assert facade.done == []
        await driven.press("question_mark")
        await driven.until(lambda: isinstance(driven.app.screen, ShowText))


async def test_in_a_tiny_terminal_the_mending_key_of_a_problem_does_nothing():
    facade = full_host()
    async with driving(facade) as driven:
        await driven.press("3")
        await driven.pilot.resize_terminal(50, 12)
        await driven.settle()
        await driven.press("f", "a", "m")
        await driven.hears("can't be seen in a terminal under 60x15")
        assert facade.done == []


@pytest.mark.parametrize("size", [(50, 12), (40, 10)])
async def test_in_a_tiny_terminal_what_is_said_is_seen_whole(size: tuple[int, int]):
    async with driving(full_host(), toasts=True) as driven:
        await driven.pilot.resize_terminal(*size)
        await driven.settle()
        await driven.press("r")
        await driven.sees("Nothing was done", "under", "60x15", "Make", "larger")


async def test_lines_take_the_place_of_plots_with_the_size_not_a_second_later():
    async with driving(full_host()) as driven:
        driven.app.open_plugin("github", "summary")
        await driven.sees("p99 88ms", "-3m")
        # The next second's painting must not come to help.
        driven.app.paused = True
        tab = driven.app.screen.query_one(SummaryTab)
        tab.query_one("#sparks", InkedLines).show([])
        await driven.pilot.resize_terminal(*LOW)
        await driven.sees("CPU 23% of 100%  ", "p99 88ms")
        assert "-3m" not in driven.text
        await driven.pilot.resize_terminal(*WIDE)
        await driven.sees("p99 88ms", "-3m")


async def test_a_low_terminal_never_shows_plots():
    async with driving(full_host(), LOW) as driven:
        driven.app.open_plugin("github", "summary")
        await driven.until(lambda: bool(driven.app.screen.query(SummaryTab)))
        assert not driven.app.screen.query_one("#plots").display


async def test_what_is_said_of_a_bound_is_broken_where_it_has_no_room(monkeypatch: pytest.MonkeyPatch):
    facade = full_host()
    page = await facade.plugin("github")
    said = "granted, not enforced: it may do what this host's user may, whatever was granted"
    bound = MechanismPage(name="network", enforced=False, detail=said)

    async def longer(plugin: str) -> PluginPage:
        del plugin
        return msgspec.structs.replace(page, bounds=(bound,))

    monkeypatch.setattr(facade, "plugin", longer)
    async with driving(facade, LOW) as driven:
        driven.app.open_plugin("github", "permissions")
        await driven.sees("granted, not enforced", "whatever was granted")
        await driven.pilot.resize_terminal(*WIDE)
        await driven.sees(said)
