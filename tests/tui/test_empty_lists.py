"""Lists that are empty because of what was chosen say so, how much is held, and what shows it."""

import pytest
from tui.driven import Driven, driving, full_host

from host.tui.plugin_screen import PluginScreen
from host.tui.screen import MonitorScreen


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
