"""The connection: none yet, lost, and there again."""

from tui.driven import LOW, Driven, driving, full_host
from tui.staged_facade import StagedFacade
from tui.staged_rows import NOW_S, every_state

from host.errors import NoHost
from host.facade.tails import EventRow, LogRow
from host.tui.events_screen import EventsScreen
from host.tui.plugin_screen import PluginScreen


def log_row(seq: int, text: str) -> LogRow:
    return LogRow(
        seq=seq,
        at_s=NOW_S,
        plugin="github",
        session=text,
        level=30,
        source="log",
        text=f"line {seq} {text}",
    )


def event_row(seq: int, text: str) -> EventRow:
    return EventRow(seq=seq, at_s=NOW_S, kind="plugin", plugin="github", topic="x.y", text=text)


async def open_tab(driven: Driven, tab: str) -> None:
    driven.app.open_plugin("github", tab)
    await driven.until(lambda: isinstance(driven.app.screen, PluginScreen))
    await driven.until(lambda: driven.screen(PluginScreen).tab_id == tab)
    await driven.settle()


async def test_without_a_host_it_says_what_to_do_and_waits_for_one():
    facade = StagedFacade(every_state())
    facade.gone = NoHost("no host listens here", remedy="start one: plughost run")
    async with driving(facade, LOW, live=False) as driven:
        await driven.sees("no host listens here", "plughost run", "q quits")
        facade.come_back()
        await driven.sees("11 plugins", "● live")


async def test_a_host_without_plugins_says_what_to_do():
    async with driving(StagedFacade(), LOW) as driven:
        await driven.sees("no plugins yet", "plughost create my-plugin")


async def test_the_last_picture_stays_and_it_comes_back():
    facade = full_host()
    async with driving(facade, LOW) as driven:
        facade.vanish()
        await driven.sees("✖ lost", "The host is gone", "github", "11 plugins")
        facade.remove("github")
        facade.come_back()
        await driven.sees("● live", "10 plugins")
        await driven.sees_not("The host is gone")
        await driven.until(lambda: len(facade.followed("logs")) == 1)


async def test_another_run_counts_its_lines_anew_and_none_is_taken_for_one_of_the_run_before():
    facade = full_host()
    facade.lines["logs"] = [log_row(seq, "the old run") for seq in range(100, 104)]
    facade.lines["events"] = [event_row(seq, "of the old run") for seq in range(1, 5)]
    async with driving(facade) as driven:
        await driven.sees("the old run")
        await driven.press("2")
        await driven.sees("4 events", "of the old run")
        # The screens are left when the host goes, and seen again when another one is there.
        await driven.press("5")
        facade.vanish()
        await driven.sees("✖ lost")
        facade.lines["logs"] = [log_row(1, "the new run")]
        facade.lines["events"] = [event_row(seq, "of the new run") for seq in range(2, 4)]
        facade.come_back()
        await driven.sees("● live")
        await driven.press("1")
        await driven.sees("the old run", "the host was started anew", "the new run")
        await driven.press("2")
        await driven.sees("2 events", "of the new run")
        await driven.sees_not("of the old run")
        events = driven.screen(EventsScreen)
        assert list(events.table.order) == ["3", "2"]


async def test_the_tabs_of_a_plugin_tell_two_runs_apart_too():
    facade = full_host()
    facade.lines["logs"] = [log_row(9, "the old run")]
    facade.lines["events"] = [event_row(9, "of the old run")]
    async with driving(facade) as driven:
        for tab in ("logs", "events", "rpc"):
            await open_tab(driven, tab)
        await driven.sees("24 calls")
        # None of them is seen while the host goes and another one comes.
        await open_tab(driven, "config")
        facade.vanish()
        await driven.sees("✖ lost")
        facade.lines["logs"] = [log_row(1, "the new run")]
        facade.lines["events"] = [event_row(9, "of the new run")]
        facade.lines["rpc"] = []
        facade.come_back()
        await driven.sees("● live")
        await open_tab(driven, "logs")
        await driven.sees("the old run", "the host was started anew", "the new run")
        await open_tab(driven, "events")
        await driven.sees("of the new run")
        await driven.sees_not("of the old run")
        await open_tab(driven, "rpc")
        await driven.sees("No calls yet")


async def test_the_last_picture_grows_no_older_while_the_host_is_gone():
    facade = full_host()
    async with driving(facade) as driven:
        driven.app.open_plugin("github")
        await driven.sees("github 2.4.1", "up ")
        title, health = driven.line_with("github 2.4.1"), driven.line_with(" chatserver ")
        facade.vanish()
        await driven.sees("✖ lost")
        facade.clock.advance(7_200)
        await driven.sees("The host is gone for 2h")
        assert driven.line_with("github 2.4.1") == title
        assert health.split("cpu")[0] in driven.text
        facade.come_back(same_run=True)
        await driven.until(lambda: driven.line_with("github 2.4.1") != title)
