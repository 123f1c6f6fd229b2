"""What plugins contribute: where sections, menu items, commands, settings pages and themes are seen."""

from pathlib import Path

import pytest
from tui.driven import SIZES, Driven, driving
from tui.snapshots import compare
from tui.staged_config import config_check, config_page
from tui.staged_contributions import DARK, SYNC, change, contributing_host, row, theme

from host.errors import InvalidParams
from host.facade.pages import WidgetPage
from host.tui.command_dialog import CommandDialog
from host.tui.forms.edit_dialog import EditDialog
from host.tui.pane_dialog import PaneDialog
from host.tui.plugin_screen import PluginScreen
from host.tui.slots import PLACES
from protocol.interface import SLOTS

DOCS = Path(__file__).parents[2] / "docs"


async def opened(driven: Driven, tab: str = "summary") -> PluginScreen:
    driven.app.open_plugin("github", tab)
    await driven.until(lambda: isinstance(driven.app.screen, PluginScreen))
    screen = driven.screen(PluginScreen)
    await driven.until(lambda: screen.tab_id == tab and screen.tab is not None and screen.tab.is_mounted)
    return screen


async def chosen(driven: Driven, shown: str) -> None:
    """Choose something in the palette, by what is shown there."""
    await driven.press("colon")
    await driven.write(shown.lower())
    await driven.sees(shown)
    await driven.press("enter")


async def snapshot(driven: Driven, name: str, size: tuple[int, int]) -> None:
    await driven.settle()
    compare(f"{name}-{size[0]}x{size[1]}", driven.app.export_screenshot())


def test_every_slot_has_a_place_and_the_docs_name_it():
    assert set(PLACES) == set(SLOTS)
    for page in ("monitor.md", "contributions.md"):
        text = (DOCS / page).read_text()
        for slot, place in PLACES.items():
            assert f"| `{slot}` | {place} |" in text, (page, slot)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_sections_are_on_the_page_in_the_line_of_lights_and_in_the_drawer(size: tuple[int, int]):
    async with driving(contributing_host(), size) as driven:
        await opened(driven, "page")
        await driven.sees("Visitors", "1,204 today", "Latest operations", "✓ all is well", "F2 drawer")
        side_by_side = "Latest operations" in driven.line_with(" Visitors ")
        assert side_by_side == (size[0] >= 100)
        await snapshot(driven, "contributed-page", size)
        await driven.press("f2")
        await driven.until(lambda: isinstance(driven.app.screen, PaneDialog))
        await driven.sees("github: drawer", "Ask Jane.", "drawer-actions", "ctrl+r")
        await snapshot(driven, "contributed-drawer", size)
        await driven.press("escape")
        await opened(driven, "section:about")
        await driven.sees("[About]", "What this is for.")


async def test_a_plugin_without_sections_has_no_lights_and_no_drawer():
    facade = contributing_host()
    facade.contributions_ = []
    async with driving(facade) as driven:
        await opened(driven)
        await driven.press("f2")
        await driven.hears("github has no drawer")
        assert not driven.screen(PluginScreen).has_class("-lit")


async def test_a_section_of_a_slot_that_is_not_known_is_shown_on_the_page_under_its_name():
    facade = contributing_host()
    facade.contributions_ = [row("section", "help", "Elsewhere", "ceiling")]
    async with driving(facade) as driven:
        await opened(driven, "page")
        await driven.sees("Elsewhere", "ceiling", "Ask Jane.")


async def test_tabs_come_and_go_with_what_is_contributed_and_the_open_one_stays():
    facade = contributing_host()
    async with driving(facade) as driven:
        screen = await opened(driven, "widget:load")
        await driven.sees("62 %")
        change(facade, row("widget", "visitors", "Visitors", "canvas-main"))
        await driven.sees(" Visitors ", "[Load]")
        await driven.press("left_square_bracket")
        await driven.sees("[Visitors]")
        change(facade, row("widget", "visitors", "Visitors", "canvas-main"))
        await driven.sees_not(" Load ")
        assert "widget:load" not in {tab.id for tab in screen.query("*") if tab.id}


async def test_what_can_not_be_had_says_why_and_what_to_do_and_the_others_are_shown():
    facade = contributing_host()
    facade.widgets["operations"] = WidgetPage(
        plugin="github",
        name="operations",
        kind="table",
        data={},
        error="the host has no method 'sessions.list'",
        remedy="run it under the program that has it",
    )
    async with driving(facade) as driven:
        await opened(driven, "page")
        await driven.sees("✖ the host has no method 'sessions.list'", "→ run it under", "1,204 today")


async def test_a_menu_item_is_in_the_palette_under_its_plugin_and_says_what_it_answered():
    facade = contributing_host()
    facade.answer = "7 issues"
    async with driving(facade) as driven:
        await chosen(driven, "github: Sync now")
        await driven.hears("github: Sync now: 7 issues")
        assert ("ui_invoke", "github", "resync") in facade.done
        await chosen(driven, "github: Read me")
        await driven.until(lambda: isinstance(driven.app.screen, PaneDialog))
        await driven.sees("github: Read me", "# Read me")


async def test_one_who_only_looks_has_panes_but_no_acts_of_plugins():
    async with driving(contributing_host(), read_only=True) as driven:
        await driven.press("colon")
        await driven.write("github: ")
        await driven.sees("github: Load (widget)")
        assert "Sync now" not in driven.text
        assert "github: sync\n" not in driven.text


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_command_has_a_form_and_is_not_run_before_it_is_complete(size: tuple[int, int]):
    facade = contributing_host()
    async with driving(facade, size) as driven:
        driven.app.run_command(SYNC)
        await driven.until(lambda: isinstance(driven.app.screen, CommandDialog))
        await driven.sees("github: sync", "▲ must be given", "false by default", "Owner and name.")
        await driven.press("ctrl+s")
        await driven.sees("repo must be given; nothing was run")
        await driven.press("enter")
        await driven.until(lambda: isinstance(driven.app.screen, EditDialog))
        await driven.write("a/b")
        await driven.press("enter", "down", "space", "down", "enter")
        await driven.until(lambda: isinstance(driven.app.screen, EditDialog))
        await driven.write("-1")
        await driven.press("enter")
        await driven.sees("✖ -1", "at least 0")
        await snapshot(driven, "contributed-command", size)
        await driven.press("ctrl+s")
        await driven.sees("since does not fit; nothing was run")
        assert not [done for done in facade.done if done[0] == "command_run"]
        await driven.press("backspace", "down", "space", "ctrl+s")
        await driven.sees("✓ done in")
        assert ("command_run", "sync", {"repo": "a/b", "deep": True, "order": "new"}, "github") in facade.done


async def test_a_command_may_be_typed_as_json_and_nothing_of_it_is_lost():
    facade = contributing_host()
    facade.refusals["command_run"] = InvalidParams("repo: found 7", remedy="give a name")
    async with driving(facade) as driven:
        driven.app.run_command(SYNC)
        await driven.until(lambda: isinstance(driven.app.screen, CommandDialog))
        await driven.press("ctrl+o", "delete", "delete")
        await driven.write('{"repo": 7, "more": 1}')
        await driven.press("ctrl+o")
        await driven.sees("it stays JSON")
        await driven.press("ctrl+s")
        await driven.sees("✖ it failed", "repo: found 7; give a name")
        await driven.press("ctrl+y")
        await driven.hears("plughost commands run github:sync")


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_settings_pages_are_groups_of_the_configuration(size: tuple[int, int]):
    facade = contributing_host()
    facade.config_page, facade.check = config_page(), config_check
    async with driving(facade, size) as driven:
        await opened(driven, "config")
        await driven.sees("── Server", "Where it asks.", "── General")
        keys = ("── Server", "proxy", "server.host", "server.port", "── General", "interval_s")
        places = [next(n for n, line in enumerate(driven.lines) if key in line) for key in keys]
        assert places == sorted(places)
        await snapshot(driven, "contributed-config", size)
        await driven.press("down", "down", "down", "down", "enter")
        await driven.until(lambda: isinstance(driven.app.screen, PaneDialog))
        await driven.sees("github: General", "# Read me")


async def next_themes(driven: Driven, wanted: str) -> None:
    for _ in range(12):
        await driven.press("T")
        if driven.app.theme == wanted:
            return
    raise AssertionError(f"{wanted} never came: {driven.app.theme}")


async def test_a_plugins_theme_is_taken_by_key_and_goes_with_its_plugin_and_comes_back():
    facade = contributing_host()
    async with driving(facade) as driven:
        await next_themes(driven, "plugin-indexer-indexer")
        await driven.hears("Theme of indexer: Midnight")
        assert driven.app.theme_variables["background"].upper() == "#0F172A"
        change(facade)
        await driven.hears("went with its plugin; textual-dark is in force")
        assert driven.app.theme == "textual-dark"
        assert "plugin-indexer-indexer" not in driven.app.available_themes
        change(facade, theme("indexer", "Midnight", DARK))
        await driven.hears("is there again")
        assert driven.app.theme == "plugin-indexer-indexer"
        change(facade, theme("indexer", "Midnight", {**DARK, "background": "#000000"}))
        await driven.until(lambda: driven.app.theme_variables["background"].upper() == "#000000")


async def test_an_unreadable_theme_is_corrected_and_one_without_colours_refused_and_both_say_so():
    async with driving(contributing_host()) as driven:
        await chosen(driven, "mailer: Fog (theme)")
        await driven.hears("so that all can be read: ")
        assert driven.app.theme == "plugin-mailer-mailer"
        await chosen(driven, "weather: Nothing (theme)")
        await driven.hears("This theme can't be used: it has no colours")
        assert driven.app.theme == "plugin-mailer-mailer"


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_plugins_theme_looks_as_it_did(size: tuple[int, int]):
    async with driving(contributing_host(), size) as driven:
        await next_themes(driven, "plugin-indexer-indexer")
        await driven.press("1")
        await snapshot(driven, "contributed-theme", size)
