"""Lists that are empty because of what was chosen say so, how much is held, and what shows it."""

import pytest
from tui.driven import Driven, driving, full_host
from tui.staged_facade import StagedFacade

from host.errors import NoHost
from host.facade.pages import PermissionsPage
from host.tui.plugin_screen import PluginScreen
from host.tui.screen import MonitorScreen
from host.tui.tabs.logs import LogsTab


def choose(driven: Driven, text: str) -> None:
    driven.app.set_filter(driven.screen(MonitorScreen), text)


async def test_events_under_a_filter_or_of_a_kind_say_how_many_there_are():
    facade = full_host()
    count = len(facade.lines["events"])
    async with driving(facade) as driven:
        await driven.press("2")
        await driven.sees(f"{count} events")
        choose(driven, "nowhere-to-be-found")
        await driven.sees(f"None of {count} match; Esc clears the filter.", f"0 of {count} events")
        assert "Nothing has happened yet" not in driven.text
        await driven.press("o")
        await driven.sees(f"None of {count} match; o shows all kinds, Esc clears the filter.")


@pytest.mark.parametrize(
    ("tab", "word", "nothing"),
    [
        ("events", "", "Nothing has happened yet"),
        ("rpc", "calls", "No calls yet"),
        ("logs", "lines", "No lines yet"),
    ],
)
async def test_tabs_under_a_filter_say_how_many_there_are(tab: str, word: str, nothing: str):
    async with driving(full_host()) as driven:
        driven.app.open_plugin("github", tab)
        await driven.until(lambda: driven.screen(PluginScreen).tab_id == tab)
        await driven.settle()
        choose(driven, "nowhere-to-be-found")
        await driven.sees("None of ", "match; Esc clears the filter.")
        assert nothing not in driven.text
        if word:
            await driven.sees("0 of ", word)


async def test_a_log_without_a_line_of_a_level_or_stream_says_which_keys_show_all():
    facade = full_host()
    facade.lines["logs"] = [row for row in facade.lines["logs"] if row.plugin == "github" and row.level < 30]
    assert facade.lines["logs"]
    async with driving(facade) as driven:
        driven.app.open_plugin("github", "logs")
        await driven.sees("all levels")
        await driven.press("v", "v")
        await driven.sees("match; v shows all levels.")
        await driven.press("o", "o")
        await driven.sees("match; v shows all levels, o all streams.")


LIES = (
    "No lines yet",
    "No calls yet",
    "Nothing has happened yet",
    "It has nothing that can be set",
    "It keeps nothing",
    "It asks for no permission",
    "No method was called",
    "sking the host",
    "All is well",
    "No warnings",
    "No store is configured",
    "no keys",
)
TABS = ("summary", "logs", "rpc", "events", "config", "storage", "permissions", "manifest")


def holds_no_lie(driven: Driven) -> bool:
    return not any(lie in driven.text for lie in LIES)


async def test_no_tab_says_that_there_is_nothing_while_nobody_can_be_asked():
    facade = full_host()
    async with driving(facade) as driven:
        await driven.sees("11 plugins")
        facade.vanish()
        await driven.sees("✖ lost")
        driven.app.open_plugin("github")
        await driven.until(lambda: isinstance(driven.app.screen, PluginScreen))
        for tab in TABS:
            driven.screen(PluginScreen).open_tab(tab)
            await driven.until(lambda tab=tab: driven.screen(PluginScreen).tab_id == tab)
            await driven.sees("Not known: the host is gone.")
            assert holds_no_lie(driven), driven.text
        for tab, shown in (
            ("storage", "users/alice"),
            ("manifest", "Is needed by"),
            ("permissions", "granted"),
        ):
            driven.screen(PluginScreen).open_tab(tab)
            await driven.until(lambda tab=tab: driven.screen(PluginScreen).tab_id == tab)
            facade.come_back()
            await driven.sees("● live", shown)
            await driven.sees_not("Not known")
            facade.vanish()
            # What was told is the last picture, and stays.
            await driven.sees("✖ lost", shown)
            assert "Not known" not in driven.text


async def test_what_was_read_of_one_run_of_the_host_is_read_anew_of_the_next():
    facade = full_host()
    async with driving(facade) as driven:
        driven.app.open_plugin("github", "storage")
        await driven.sees("users/alice")
        facade.vanish()
        await driven.sees("✖ lost")
        facade.keys = []
        facade.come_back()
        await driven.sees("● live", "It keeps nothing.")
        await driven.sees_not("users/alice")


@pytest.mark.parametrize("key", ["1", "2", "3", "4", "5"])
async def test_no_screen_says_that_all_is_well_where_there_was_never_a_host(key: str):
    facade = StagedFacade()
    facade.gone = NoHost("no host listens here", remedy="start one: plughost run")
    async with driving(facade, live=False) as driven:
        await driven.sees("no host listens here")
        await driven.press(key)
        await driven.sees("Not known: there is no host to ask yet.")
        assert holds_no_lie(driven), driven.text


async def on_tab(driven: Driven, tab: str) -> None:
    driven.app.open_plugin("github", tab)
    await driven.until(lambda: driven.screen(PluginScreen).tab_id == tab)
    await driven.settle()


async def test_without_a_permission_there_is_none_to_grant_and_that_is_said(monkeypatch: pytest.MonkeyPatch):
    facade = full_host()

    async def none(plugin: str) -> PermissionsPage:
        return PermissionsPage(plugin=plugin, rows=(), waiting=())

    monkeypatch.setattr(facade, "permissions", none)
    async with driving(facade) as driven:
        await on_tab(driven, "permissions")
        await driven.sees("It asks for no permission")
        await driven.until(lambda: "grant" not in driven.lines[-1] and "revoke" not in driven.lines[-1])
        await driven.press("G")
        await driven.hears("There is no permission here to do that to")


async def test_without_a_call_none_can_be_looked_at_or_sent_again():
    facade = full_host()
    async with driving(facade) as driven:
        await on_tab(driven, "rpc")
        await driven.sees("Enter look", "A send again")
    facade = full_host()
    facade.lines["rpc"] = []
    async with driving(facade) as driven:
        await on_tab(driven, "rpc")
        await driven.sees("No calls yet", "R call")
        assert "Enter look" not in driven.text
        await driven.until(lambda: "send again" not in driven.lines[-1])


async def test_without_a_key_there_is_no_value_and_no_more():
    facade = full_host()
    facade.keys = []
    async with driving(facade) as driven:
        await on_tab(driven, "storage")
        await driven.sees("It keeps nothing", "read again")
        assert "Enter value" not in driven.text
        await driven.until(lambda: "more keys" not in driven.lines[-1])


async def test_without_a_field_there_is_nothing_to_edit_or_to_save():
    async with driving(full_host()) as driven:
        await on_tab(driven, "config")
        await driven.sees("It has no schema", "no changes")
        assert "Backspace" not in driven.text
        await driven.until(lambda: "save" not in driven.lines[-1])


async def test_behind_the_last_error_of_a_log_the_first_one_comes_again():
    facade = full_host()
    async with driving(facade) as driven:
        await on_tab(driven, "logs")
        await driven.press("end", "e")
        tab = driven.screen(PluginScreen).tab
        assert isinstance(tab, LogsTab)
        row = tab.view.cursor_row
        assert row is not None
        assert row.level >= 40
        assert not driven.app.said
