"""What the monitor has a host do, and what it asks before."""

import pytest
from tui.driven import driving, full_host

from host.errors import Quarantined
from host.facade.pages import HookRow
from host.tui.dialogs import AskText, Confirm
from host.tui.overview import Overview


@pytest.mark.parametrize(
    ("key", "plugin", "done"),
    [
        ("s", "calendar", ("plugin_start", "calendar")),
        ("x", "weather", ("plugin_stop", "weather", "unload")),
        ("r", "weather", ("plugin_restart", "weather")),
        ("K", "weather", ("plugin_kill", "weather")),
        ("d", "weather", ("plugin_disable", "weather")),
        ("d", "old-theme", ("plugin_enable", "old-theme")),
        ("ctrl+r", "ocr", ("plugin_reset", "ocr")),
    ],
)
async def test_a_key_does_its_verb_at_once_and_says_so(key: str, plugin: str, done: tuple[str, ...]):
    facade = full_host()
    async with driving(facade) as driven:
        driven.screen(Overview).table.go_to(plugin)
        await driven.press(key)
        await driven.until(lambda: facade.done == [done])
        await driven.hears(plugin)


async def test_a_reload_is_in_the_palette_for_the_plugin_under_the_cursor():
    facade = full_host()
    async with driving(facade) as driven:
        driven.screen(Overview).table.go_to("weather")
        await driven.press("colon")
        await driven.write("reload")
        await driven.sees("Reload: a new process takes over without a gap (weather)")
        await driven.press("enter")
        await driven.until(lambda: facade.done == [("plugin_reload", "weather")])
        await driven.hears("weather: reloaded")


@pytest.mark.parametrize(
    ("answer", "dependants"), [("y", "unload"), ("k", "keep"), ("n", None), ("escape", None)]
)
async def test_a_stop_names_those_that_need_it(answer: str, dependants: str | None):
    facade = full_host()
    async with driving(facade) as driven:
        driven.screen(Overview).table.go_to("github")
        await driven.press("x")
        await driven.sees("Stop github?", "indexer, mailer")
        driven.screen(Confirm)
        await driven.press(answer)
        driven.screen(Overview)
        await driven.settle()
        assert facade.done == ([] if dependants is None else [("plugin_stop", "github", dependants)])


def _hook(plugin: str, name: str, fail: str, *, enabled: bool = True) -> HookRow:
    return HookRow(
        hook=name, plugin=plugin, handler="scan", fail=fail, budget_s=1, active=True, enabled=enabled
    )


@pytest.mark.parametrize("answer", ["y", "n"])
async def test_a_disable_of_what_forbids_by_a_hook_asks_and_names_the_hook(answer: str):
    facade = full_host()
    facade.hook_rows = (
        _hook("weather", "message.before_send", "closed"),
        _hook("weather", "message.after_send", "open"),
        _hook("indexer", "message.before_send", "closed", enabled=False),
    )
    async with driving(facade) as driven:
        driven.screen(Overview).table.go_to("weather")
        await driven.press("d")
        await driven.sees("Disable weather?", "weather forbids by message.before_send", "y  disable it")
        assert "after_send" not in driven.text
        await driven.press(answer)
        await driven.until(lambda: isinstance(driven.app.screen, Overview))
        await driven.settle()
        assert facade.done == ([("plugin_disable", "weather")] if answer == "y" else [])


async def test_a_stop_of_what_forbids_by_a_hook_does_not_ask_for_the_hook_forbids_on():
    facade = full_host()
    facade.hook_rows = (_hook("weather", "message.before_send", "closed"),)
    async with driving(facade) as driven:
        driven.screen(Overview).table.go_to("weather")
        await driven.press("x")
        await driven.until(lambda: facade.done == [("plugin_stop", "weather", "unload")])


@pytest.mark.parametrize("answer", ["y", "n"])
async def test_the_letter_that_answers_a_question_means_nothing_to_the_screen_below(answer: str):
    facade = full_host()
    async with driving(facade) as driven:
        driven.screen(Overview).table.go_to("github")
        await driven.press("x")
        await driven.until(lambda: isinstance(driven.app.screen, Confirm))
        await driven.press(answer)
        await driven.until(lambda: isinstance(driven.app.screen, Overview))
        await driven.settle()
        assert not any("Copied" in said or "no other match" in said for said in driven.app.said)


async def test_a_verb_acts_on_all_that_are_marked():
    facade = full_host()
    async with driving(facade) as driven:
        driven.app.set_filter(driven.screen(Overview), "state:active")
        await driven.settle()
        await driven.press("asterisk", "r")
        await driven.hears("github, indexer, weather: restarted")
        assert sorted(facade.done) == [("plugin_restart", p) for p in ("github", "indexer", "weather")]


async def test_a_kill_of_several_asks_first_and_names_those_that_run():
    facade = full_host()
    facade.dependants = {}
    async with driving(facade) as driven:
        await driven.press("asterisk", "K")
        await driven.until(lambda: isinstance(driven.app.screen, Confirm))
        await driven.sees("Kill ", "github", "weather", "indexer", "y  kill them")
        assert "old-theme" not in "\n".join(line for line in driven.lines if "github, " in line)
        await driven.press("n")
        assert facade.done == []
        await driven.press("K")
        await driven.until(lambda: isinstance(driven.app.screen, Confirm))
        await driven.press("y")
        await driven.hears("killed")
        said = driven.app.said[-1]
        assert "old-theme" not in said.split("; ")[0]
        assert "did not run" in said


@pytest.mark.parametrize(
    ("key", "plugin", "said"),
    [
        ("x", "old-theme", "old-theme: did not run"),
        ("K", "old-theme", "old-theme: did not run"),
        ("s", "weather", "weather: ran already"),
    ],
)
async def test_of_a_plugin_that_did_not_change_it_is_said_why(key: str, plugin: str, said: str):
    facade = full_host()
    async with driving(facade) as driven:
        driven.screen(Overview).table.go_to(plugin)
        await driven.press(key)
        await driven.hears(said)
        assert said in driven.app.said


async def test_those_that_were_stopped_with_what_they_need_are_named():
    facade = full_host()
    facade.dependants = {"github": ("indexer",)}
    async with driving(facade) as driven:
        driven.screen(Overview).table.go_to("github")
        await driven.press("x", "y")
        await driven.hears("github: stopped; with it indexer, which needs it")
        facade.change("github", state="active")
        await driven.settle()
        await driven.press("x", "k")
        await driven.hears("github: stopped")
        assert driven.app.said[-1] == "github: stopped"


async def test_a_refusal_is_said_with_its_remedy():
    facade = full_host()
    facade.refusals["plugin_start"] = Quarantined("ocr is in quarantine", remedy="end it first")
    async with driving(facade) as driven:
        driven.screen(Overview).table.go_to("ocr")
        await driven.press("s")
        await driven.hears("end it first")


async def test_wiping_asks_for_the_id():
    facade = full_host()
    async with driving(facade) as driven:
        driven.app.acts.do("storage_wipe", ["weather"])
        await driven.until(lambda: isinstance(driven.app.screen, AskText))
        await driven.write("no")
        await driven.press("enter")
        await driven.sees("That is not weather")
        await driven.press("backspace", "backspace")
        await driven.write("weather")
        await driven.press("enter")
        await driven.until(lambda: facade.done == [("storage_wipe", "weather")])


async def test_a_monitor_that_only_looks_does_nothing_and_hides_the_verbs():
    facade = full_host()
    async with driving(facade, read_only=True) as driven:
        assert "restart" not in driven.lines[-1]
        await driven.press("x")
        await driven.hears("only looks")
        assert facade.done == []
        await driven.press("question_mark")
        await driven.sees("Keys")
        assert "Restart" not in driven.text


async def test_without_a_host_a_verb_says_so():
    facade = full_host()
    async with driving(facade) as driven:
        facade.vanish()
        await driven.sees("✖ lost")
        await driven.press("r")
        await driven.hears("There is no host to ask")
