"""What leads out of the overview, and what changes how much of it is seen."""

from tui.driven import LOW, driving, full_host
from tui.staged_facade import StagedFacade
from tui.staged_rows import every_state

from host.tui.overview import Overview
from host.tui.plugin_screen import PluginScreen


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
