"""Problems, events, store, host; help, palette, themes, and other terminals."""

from pathlib import Path

import pytest
from textual.color import Color
from tui.driven import SIZES, driving, full_host
from tui.staged_facade import StagedFacade
from tui.staged_rows import host_row, plugin_row

from host.facade.pages import CommandRow
from host.tui.app import THEMES
from host.tui.dialogs import ShowText
from host.tui.events_screen import EventsScreen
from host.tui.host_screen import HostScreen
from host.tui.ink import MIN_CONTRAST, contrast, inks_of
from host.tui.keys import SCREENS, ScreenKey
from host.tui.plugin_screen import PluginScreen
from host.tui.problems_screen import ProblemsScreen

TITLES = {
    "overview": "PLUGIN",
    "events": "bars: 15 min",
    "problems": "Crash loop",
    "store": "No store is configured",
    "host": "on plughost 0.3.0",
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.mode)
async def test_a_digit_opens_its_screen(screen: ScreenKey, size: tuple[int, int]):
    async with driving(full_host(), size) as driven:
        await driven.press(screen.key)
        await driven.sees(f"[{screen.key} ", TITLES[screen.mode])


async def test_a_problem_is_mended_acknowledged_and_muted():
    facade = full_host()
    async with driving(facade) as driven:
        await driven.press("3")
        await driven.sees("It crashed 5 times")
        await driven.press("f")
        await driven.until(lambda: facade.done == [("plugin_reset", "ocr")])
        await driven.press("m")
        await driven.until(lambda: ("problem_mute", "crash_loop:ocr", 3600.0) in facade.done)
        await driven.sees("6 problems")
        await driven.press("a")
        await driven.sees("5 problems", "2 seen or muted")
        await driven.press("A")
        await driven.sees("muted 60m")
        assert len(driven.screen(ProblemsScreen).table.order) == 7


async def test_an_event_leads_to_the_plugin_at_that_moment():
    async with driving(full_host()) as driven:
        await driven.press("2")
        await driven.sees("exited with code 7")
        await driven.press("down", "enter")
        await driven.until(lambda: isinstance(driven.app.screen, PluginScreen))
        await driven.until(lambda: driven.screen(PluginScreen).tab_id == "logs")
        await driven.sees("standing still")


async def test_help_is_made_from_the_keys_in_force():
    async with driving(full_host()) as driven:
        await driven.press("question_mark")
        shown = "\n".join("".join(part for part, _ in line) for line in driven.screen(ShowText)._lines)
        for words in ("filter", "restart", "mark", "columns", "next error", "is:problem"):
            assert words in shown
        assert "Scroll" not in shown


async def test_the_palette_holds_what_plugins_offer_under_their_names():
    facade = full_host()
    facade.commands_ = [CommandRow(plugin="github", name="resync", description="[bold]all[/bold]", params={})]
    async with driving(facade) as driven:
        await driven.press("colon")
        await driven.write("resync")
        await driven.sees("github: resync", "[bold]all[/bold]")
        await driven.press("enter")
        await driven.press("enter")
        await driven.sees("github: resync", "run")
        await driven.press("ctrl+s")
        await driven.sees("done in")
        assert facade.done == [("command_run", "resync", {}, "github")]


async def test_what_is_shown_is_written_to_a_file(tmp_path: Path):
    async with driving(full_host(), folder=tmp_path) as driven:
        await driven.press("w", "enter")
        await driven.hears("Written")
        written = next(tmp_path.iterdir())
        assert "github\t" in written.read_text()
        assert written.stat().st_mode & 0o777 == 0o600


async def test_a_small_terminal_gets_one_line():
    async with driving(full_host(), (50, 12)) as driven:
        await driven.sees("3/11 active, 4 bad, 7 problems")


async def test_ascii_alone_is_drawn_where_that_is_asked_for():
    async with driving(full_host(), ascii=True) as driven:
        for keys in ("1", "2", "3", "4", "5"):
            await driven.press(keys)
            assert driven.text.isascii(), driven.text


async def test_without_colours_nothing_is_lost(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with driving(full_host()) as driven:
        await driven.sees("✖ error", "[1 Overview]")
        colours = {
            segment.style.color.name
            for strip in driven.app.screen._compositor.render_strips()
            for segment in strip
            if segment.style is not None and segment.style.color is not None
        }
        assert colours <= {"default"}


@pytest.mark.parametrize("theme", THEMES)
async def test_every_theme_can_be_read(theme: str):
    async with driving(full_host()) as driven:
        driven.app.theme = theme
        await driven.settle()
        inks = inks_of(driven.app.theme_variables, coloured=True)
        background = Color.parse(driven.app.theme_variables["background"])
        for name in ("plain", "good", "warn", "bad", "accent", "title"):
            color = inks[name].color
            assert color is not None
            assert contrast(Color.from_rich_color(color), background) >= MIN_CONTRAST, (theme, name)


async def test_no_key_is_hinted_at_that_does_nothing_now():
    facade = full_host()
    async with driving(facade) as driven:
        await driven.press("3")
        await driven.sees("f mend  a acknowledge")
        await driven.press("end")
        await driven.until(lambda: "f mend" not in driven.lines[-1])
        assert "a acknowledge" in driven.lines[-1]
        await driven.press("1")
        await driven.sees("r restart")
        facade.vanish()
        await driven.until(lambda: "r restart" not in driven.lines[-1])
        assert "l logs" in driven.lines[-1]


async def test_without_plugins_there_is_nothing_to_filter_or_to_start():
    async with driving(StagedFacade()) as driven:
        await driven.sees("no plugins yet")
        assert "filter" not in driven.lines[-1]
        assert "start" not in driven.lines[-1]
        await driven.press("slash")
        await driven.hears("nothing to filter")


async def test_copied_as_a_command_line_is_what_is_seen():
    async with driving(full_host()) as driven:
        await driven.press("2", "o")
        assert driven.screen(EventsScreen).command_line() == "plughost events --filter kind:lifecycle"
        await driven.press("5")
        assert driven.screen(HostScreen).command_line() == "plughost host"
        driven.app.open_plugin("github", "logs")
        await driven.sees("following")
        await driven.press("v", "o")
        said = driven.screen(PluginScreen).command_line()
        assert said.startswith("plughost logs github --follow --filter 'lvl>=")
        assert " source:" in said


async def test_the_header_keeps_its_places_while_figures_move():
    facade = full_host()
    async with driving(facade) as driven:
        before = driven.lines[0]
        facade.host_row = host_row(
            list(facade.rows.values()), 7, cpu_cores=0.001, rss_bytes=2**30, loop_lag_s=0.34, calls_per_s=2.0
        )
        facade.push()
        await driven.sees("mem 1.0G")
        for word in ("cpu", "mem", "lag", "rpc", "problems"):
            assert driven.lines[0].index(word) == before.index(word)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("running", "it is to run and does not; s starts it"),
        ("stopped", "stopped on purpose; s starts it"),
        (None, "not started; s starts it"),
    ],
)
async def test_a_plugin_that_rests_says_so_and_which_key_starts_it(wanted: str | None, said: str):
    facade = StagedFacade([plugin_row("p", state="discovered", wanted=wanted)])
    async with driving(facade) as driven:
        await driven.sees(said)
        assert "all well" not in driven.text


async def test_a_plugin_is_not_called_well_that_was_restarted_or_fails():
    facade = StagedFacade([plugin_row("p", restarts=2, errors_pct=40.0, faults=1)])
    async with driving(facade) as driven:
        await driven.sees("2 restarts in the last ten minutes", "40% of the last minute's calls", "1 breach")
        assert "all well" not in driven.text
