"""The overview: the table, its keys, its filter, what it says."""

import pytest
from tui.driven import LOW, SIZES, driving, full_host
from tui.staged_facade import StagedFacade
from tui.staged_lines import log_rows
from tui.staged_rows import HOSTILE, NOW_S, every_state, hostile, many, plugin_row

from host.tui.dialogs import PickColumns
from host.tui.overview import Overview
from host.tui.plugin_screen import PluginScreen


@pytest.mark.parametrize("size", SIZES)
async def test_every_state_is_seen_with_a_glyph_and_a_word(size: tuple[int, int]):
    async with driving(full_host(), size) as driven:
        for glyph, state in (
            ("●", "active"),
            ("◐", "loading"),
            ("↻", "backoff"),
            ("◌", "unresponsive"),
            ("✖", "error"),
            ("■", "quarantined"),
            ("○", "discovered"),
            ("□", "disabled"),
        ):
            assert f"{glyph} {state}" in driven.text
        assert "11 plugins" in driven.text
        assert "↻14s" in driven.line_with("mailer")


async def test_columns_fold_away_where_it_is_narrow():
    async with driving(full_host(), LOW) as driven:
        titles = driven.line_with("PLUGIN")
        assert "P99" in titles
        assert "P50" not in titles
        assert "VERSION" not in titles
    async with driving(full_host()) as driven:
        assert "VERSION" in driven.line_with("PLUGIN")


async def test_figures_stand_under_their_titles_and_do_not_jitter():
    facade = full_host()
    async with driving(facade) as driven:
        end = driven.line_with("PLUGIN").index("CPU%") + 4
        assert driven.line_with("github")[:end].endswith("23")
        before = driven.line_with("PLUGIN")
        facade.change("github", cpu_cores=0.081, memory_bytes=9 * 2**30, calls_per_s=123_456.0)
        await driven.until(lambda: driven.line_with("github")[:end].endswith("8.1"))
        assert driven.line_with("PLUGIN") == before
        assert "9.0G" in driven.line_with("github")
        assert "123k" in driven.line_with("github")


async def test_a_state_is_painted_as_soon_as_it_changes():
    facade = full_host()
    async with driving(facade) as driven:
        facade.change("weather", state="error", reason="it broke")
        await driven.until(lambda: "✖ error" in driven.line_with("weather"))


async def test_a_plugin_comes_and_goes_and_the_cursor_stays_on_its_row():
    facade = full_host()
    async with driving(facade) as driven:
        await driven.press("j", "j")
        overview = driven.screen(Overview)
        assert overview.table.cursor_key == "indexer"
        facade.set(plugin_row("aaa"))
        await driven.sees("12 plugins")
        assert overview.table.cursor_key == "indexer"
        facade.remove("indexer")
        await driven.until(lambda: overview.table.cursor_key == "ledger")


@pytest.mark.parametrize(
    ("keys", "row"),
    [
        (["down"], "github"),
        (["j", "k"], "calendar"),
        (["end"], "weather"),
        (["end", "home"], "calendar"),
        (["pagedown"], "weather"),
        (["pagedown", "pageup"], "calendar"),
        (["up"], "calendar"),
        (["e"], "legacy-auth"),
        (["E"], "scraper"),
        (["n"], "github"),
        (["N"], "weather"),
    ],
)
async def test_keys_move_the_cursor(keys: list[str], row: str):
    async with driving(full_host()) as driven:
        await driven.press(*keys)
        assert driven.screen(Overview).table.cursor_key == row
        await driven.sees(f"{row} ")


async def test_keys_sort_and_reverse():
    async with driving(full_host()) as driven:
        table = driven.screen(Overview).table
        await driven.press("greater_than_sign", "greater_than_sign", "greater_than_sign")
        assert table.sort_key == "cpu"
        assert table.order[:2] == ["scraper", "indexer"]
        assert "CPU%↓" in driven.text
        await driven.press("minus")
        assert table.order[0] == "weather"
        assert table.order[-1] == "old-theme", "what is unknown stays last"
        await driven.press("less_than_sign")
        assert table.sort_key == "state"
        assert table.order[:2] == ["legacy-auth", "ocr"], "the most urgent first"


async def test_a_click_sorts_marks_nothing_and_a_double_click_opens():
    async with driving(full_host()) as driven:
        table = driven.screen(Overview).table
        title = driven.line_with("PLUGIN")
        await driven.pilot.click(table, offset=(title.index("MEM"), 0))
        await driven.settle()
        assert table.sort_key == "mem"
        await driven.pilot.click(table, offset=(4, 3))
        await driven.settle()
        assert table.cursor_key == table.order[2]
        await driven.pilot.double_click(table, offset=(4, 3))
        await driven.settle()
        assert driven.screen(PluginScreen).plugin == table.order[2]


async def test_a_filter_is_typed_kept_and_cleared():
    async with driving(full_host()) as driven:
        overview = driven.screen(Overview)
        await driven.press("slash")
        await driven.sees("state:error,backoff")
        await driven.write("state:act")
        await driven.sees("never 'act'", "quarantined")
        assert len(overview.table.order) == 11, "what can't be read yet chooses nothing"
        await driven.write("ive")
        await driven.until(lambda: list(overview.table.order) == ["github", "indexer", "weather"])
        await driven.sees("3 of 11")
        await driven.press("enter")
        await driven.sees("/ state:active")
        await driven.press("n")
        assert overview.table.cursor_key == "indexer"
        await driven.press("escape")
        await driven.until(lambda: len(overview.table.order) == 11)


@pytest.mark.parametrize("key", ["enter", "down"])
async def test_a_filter_that_cannot_be_read_stays_to_be_mended(key: str):
    async with driving(full_host()) as driven:
        overview = driven.screen(Overview)
        await driven.press("slash")
        await driven.write("git cpu>>4")
        await driven.press(key)
        await driven.sees("git cpu>>4", "allowed: a number")
        await driven.press("backspace", "backspace")
        await driven.write("4")
        await driven.press(key)
        await driven.until(lambda: overview.chosen.text == "git cpu>4")
        await driven.sees("/ git cpu>4")


async def test_what_does_not_match_can_be_dimmed_and_is_passed_over():
    async with driving(full_host()) as driven:
        overview = driven.screen(Overview)
        await driven.press("h")
        await driven.hears("Nothing is filtered")
        driven.app.set_filter(overview, "cpu>20")
        await driven.until(lambda: len(overview.table.order) == 3)
        await driven.press("h")
        assert len(overview.table.order) == 11
        await driven.press("home", "n")
        assert overview.table.cursor_key == "github"


async def test_problems_are_a_filter():
    async with driving(full_host()) as driven:
        await driven.press("a")
        await driven.until(lambda: "weather" not in driven.screen(Overview).table.order)
        await driven.sees("/ is:problem")
        await driven.press("a")
        await driven.until(lambda: "weather" in driven.screen(Overview).table.order)


async def test_marks_are_shown_and_can_be_taken_away():
    async with driving(full_host()) as driven:
        overview = driven.screen(Overview)
        await driven.press("space", "space")
        await driven.sees("▸ 2 marked")
        assert overview.targets() == ["calendar", "github"]
        await driven.press("asterisk")
        await driven.sees("▸ 11 marked")
        await driven.press("asterisk")
        await driven.sees_not("marked")


async def test_a_filter_limits_what_is_marked():
    async with driving(full_host()) as driven:
        overview = driven.screen(Overview)
        driven.app.set_filter(overview, "state:active")
        await driven.until(lambda: len(overview.table.order) == 3)
        await driven.press("asterisk")
        assert overview.targets() == ["github", "indexer", "weather"]


async def test_the_tree_shows_who_needs_whom():
    async with driving(full_host()) as driven:
        await driven.press("t")
        await driven.sees("└ github")
        lines = driven.lines
        indexer = next(n for n, line in enumerate(lines) if line.startswith(" indexer"))
        assert "└ github" in lines[indexer + 1]
        await driven.press("t")
        await driven.sees_not("└ github")


async def test_columns_can_be_put_away():
    async with driving(full_host()) as driven:
        await driven.press("C")
        driven.screen(PickColumns)
        await driven.press("down", "space", "escape")
        await driven.sees_not("VERSION")


async def test_columns_that_have_no_room_are_said_to_have_none():
    async with driving(full_host(), LOW) as driven:
        assert "VERSION" not in driven.text
        await driven.press("C")
        assert "no room now" in driven.line_with("VERSION")
        assert "no room" not in driven.line_with("STATE")


async def test_the_detail_says_what_to_do_next():
    async with driving(full_host()) as driven:
        overview = driven.screen(Overview)
        for plugin, text in (
            ("calendar", "stopped on purpose; s starts it"),
            ("legacy-auth", "found 9"),
            ("old-theme", "d enables it"),
            ("ocr", "end the quarantine"),
            ("indexer", "throttled to 50%"),
            ("mailer", "exited with code 7"),
        ):
            overview.table.go_to(plugin)
            await driven.sees(text)


@pytest.mark.parametrize("size", SIZES)
async def test_warnings_of_all_plugins_come_as_they_happen(size: tuple[int, int]):
    facade = full_host()
    async with driving(facade, size) as driven:
        await driven.sees("ConnectionResetError")
        row = log_rows(["weather"], 1, start=900)[0]
        facade.log(
            type(row)(
                seq=901, at_s=NOW_S, plugin="weather", session="s", level=30, source="log", text="storm ahead"
            )
        )
        await driven.sees("storm ahead")
        assert facade.followed("logs")[0].level == 30


async def test_hostile_texts_stay_texts():
    facade = StagedFacade(hostile())
    async with driving(facade) as driven:
        await driven.sees("red[bold]x[/bold]")
        await driven.press("down", "down")
        assert "\x1b" not in driven.text
        assert all(char not in driven.text for char in "\u202e\x9b\x07")
        assert HOSTILE not in driven.text


async def test_two_hundred_plugins_scroll_with_the_cursor():
    async with driving(StagedFacade(many(200)), LOW) as driven:
        await driven.press("end")
        await driven.sees("plugin-199")
        await driven.press("home")
        await driven.sees("plugin-000")
        assert "plugin-199" not in driven.text


async def test_what_is_shown_can_be_copied_and_shown_by_a_command():
    async with driving(full_host()) as driven:
        await driven.press("y")
        assert driven.app.clipboard == "calendar"
        await driven.press("Y")
        assert driven.app.clipboard == "plughost why calendar"
        driven.app.set_filter(driven.screen(Overview), "cpu>20 state:active")
        await driven.settle()
        await driven.press("Y")
        assert driven.app.clipboard == "plughost ps --filter 'cpu>20 state:active'"


async def test_pause_holds_the_picture():
    facade = StagedFacade(every_state())
    async with driving(facade) as driven:
        await driven.press("p")
        await driven.sees("‖ paused")
        facade.change("weather", state="error")
        await driven.settle()
        assert "● active" in driven.line_with("weather")
        await driven.press("p")
        await driven.until(lambda: "✖ error" in driven.line_with("weather"))


async def test_zoom_gives_the_table_all_the_room():
    async with driving(full_host(), LOW) as driven:
        await driven.press("z")
        await driven.sees_not("Warnings of all plugins")
        await driven.press("z")
        await driven.sees("Warnings of all plugins")


async def test_a_warning_opens_its_plugins_log():
    async with driving(full_host()) as driven:
        await driven.press("tab", "enter")
        await driven.until(lambda: isinstance(driven.app.screen, PluginScreen))
        await driven.until(lambda: driven.screen(PluginScreen).tab_id == "logs")
