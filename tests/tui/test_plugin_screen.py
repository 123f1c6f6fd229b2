"""A plugin's screen: its tabs, what each follows, and what can be done there."""

import anyio
import pytest
from tui.driven import LOW, SIZES, Driven, driving, full_host
from tui.staged_facade import StagedFacade
from tui.staged_lines import log_rows

from host.facade.plugin_pages import PluginPage
from host.tui.call_dialog import CallDialog
from host.tui.dialogs import ShowText
from host.tui.overview import Overview
from host.tui.plugin_screen import PluginScreen
from host.tui.tabs.registry import TABS

SEEN = {
    "summary": ("handshake", "sync", "88ms"),
    "logs": ("following", "rate limit"),
    "rpc": ("storage.get", "-32603", "asks for bodies"),
    "events": ("active after 0.8 s",),
    "config": ("It has no schema", "no changes"),
    "storage": ("users/alice", "of 64M"),
    "permissions": ("▲ waiting", "not enforced"),
    "manifest": ("plugin.toml", "before_send"),
}


async def opened(driven: Driven, tab: str) -> PluginScreen:
    driven.app.open_plugin("github", tab)
    await driven.until(lambda: isinstance(driven.app.screen, PluginScreen))
    screen = driven.screen(PluginScreen)
    await driven.until(lambda: screen.tab_id == tab and screen.tab is not None and screen.tab.is_mounted)
    return screen


def test_every_tab_is_looked_at():
    assert set(SEEN) == {kind.id for kind in TABS}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("tab", SEEN)
async def test_a_tab_shows_what_it_is_about(tab: str, size: tuple[int, int]):
    async with driving(full_host(), size) as driven:
        await opened(driven, tab)
        await driven.sees("github", "● active", *SEEN[tab])


async def test_brackets_go_through_the_tabs_and_escape_goes_back():
    async with driving(full_host()) as driven:
        screen = await opened(driven, "summary")
        for kind in [*TABS[1:], TABS[0]]:
            await driven.press("right_square_bracket")
            await driven.until(lambda wanted=kind.id: screen.tab_id == wanted)
            await driven.sees(f"[{kind.title}]")
        await driven.press("left_square_bracket")
        await driven.until(lambda: screen.tab_id == TABS[-1].id)
        await driven.press("escape")
        driven.screen(Overview)


async def test_a_tab_that_is_hidden_follows_nothing():
    facade = full_host()
    async with driving(facade) as driven:
        screen = await opened(driven, "rpc")
        await driven.until(lambda: len(facade.followed("rpc")) == 1)
        screen.open_tab("logs")
        await driven.until(lambda: not facade.followed("rpc"))
        screen.open_tab("summary")
        await driven.until(lambda: "methods:github" in facade.watched())
        await driven.press("escape")
        await driven.until(lambda: "methods:github" not in facade.watched())


async def test_a_log_follows_its_end_until_somebody_moves_up():
    facade = full_host()
    async with driving(facade, LOW) as driven:
        await opened(driven, "logs")
        await driven.sees("following")
        facade.log(*log_rows(["github"], 30, start=500))
        await driven.press("up", "up")
        await driven.sees("standing still")
        await driven.press("end")
        await driven.sees("following")


async def test_keys_choose_level_stream_and_form_of_a_log():
    async with driving(full_host()) as driven:
        await opened(driven, "logs")
        await driven.sees("following")
        await driven.press("v", "v")
        await driven.sees("warnings and above")
        await driven.sees_not("synchronised")
        await driven.press("o", "o")
        await driven.sees_not("rate limit")
        await driven.press("W")
        await driven.sees("wrapped")
        await driven.press("enter")
        driven.screen(ShowText)


async def test_bodies_are_asked_for_a_minute_and_then_no_longer():
    facade = full_host()
    async with driving(facade) as driven:
        await opened(driven, "rpc")
        await driven.press("b")
        await driven.until(lambda: [query.bodies for query in facade.followed("rpc")] == [True])
        facade.clock.advance(61)
        await driven.until(lambda: [query.bodies for query in facade.followed("rpc")] == [False])


async def test_a_call_is_made_and_its_answer_shown():
    facade = full_host()
    async with driving(facade) as driven:
        await opened(driven, "rpc")
        await driven.until(lambda: "sync" in driven.text)
        await driven.press("A")
        driven.screen(CallDialog)
        await driven.press("ctrl+s")
        await driven.sees("answered in", '"ok"')
        assert facade.done[-1] == ("call", "github", "sync", {"repo": "acme/widgets"})
        await driven.press("ctrl+y")
        assert driven.app.clipboard == """plughost call github sync '{"repo": "acme/widgets"}'"""


async def test_a_permission_is_granted():
    facade = full_host()
    async with driving(facade) as driven:
        await opened(driven, "permissions")
        await driven.sees("email:send")
        await driven.press("G")
        await driven.hears("email:send granted")
        await driven.press("ctrl+g")
        await driven.hears("network:api.github.com granted")
        assert [verb for verb, *_ in facade.done] == ["permission_grant", "permission_consent"]


async def test_a_plugin_that_is_gone_is_said_to_be():
    facade: StagedFacade = full_host()
    async with driving(facade) as driven:
        await opened(driven, "summary")
        facade.remove("github")
        await driven.sees("it is gone")


async def test_a_line_of_a_log_leads_to_the_call_it_was_written_in():
    facade = full_host()
    async with driving(facade) as driven:
        screen = await opened(driven, "logs")
        await driven.sees("following")
        call = facade.lines["rpc"][6]
        facade.log(
            *[
                type(row)(
                    seq=999,
                    at_s=call.at_s,
                    plugin="github",
                    session="github-1",
                    level=20,
                    source="log",
                    text="inside",
                )
                for row in log_rows(["github"], 1)
            ]
        )
        await driven.sees("inside")
        await driven.press("g")
        await driven.until(
            lambda: screen.tab_id == "rpc" and screen.tab is not None and screen.tab.copied() != ""
        )
        tab = screen.tab
        assert tab is not None
        await driven.until(lambda: call.key in tab.copied())


async def test_what_is_not_known_yet_is_said_to_be_asked_for():
    facade = full_host()
    asked, answered = anyio.Event(), anyio.Event()
    answer = facade.plugin

    async def slow(plugin: str) -> PluginPage:
        asked.set()
        await answered.wait()
        return await answer(plugin)

    facade.plugin = slow
    async with driving(facade) as driven:
        await driven.press("enter")
        await asked.wait()
        await driven.until(lambda: "Asking the host …" in driven.line_with("Last start"))
        assert "Asking the host …" in driven.line_with("Last end")
        answered.set()
        await driven.until(lambda: "spawn" in driven.line_with("Last start"))
        assert "Asking" not in driven.line_with("Last end")
