"""The configuration of a plugin as a form: what each field takes, and what comes before and after a save."""

from typing import Any

import msgspec
import pytest
from tui.driven import LOW, Driven, driving, full_host
from tui.staged_config import config_check, config_page
from tui.staged_facade import StagedFacade
from tui.staged_rows import HOSTILE, NOW_S

from host.errors import Conflict
from host.facade.config_pages import ConfigDifference, ConfigRevision
from host.tui.dialogs import Confirm, ShowText
from host.tui.forms.edit_dialog import EditDialog
from host.tui.forms.fields import fields_of
from host.tui.plugin_screen import PluginScreen
from host.tui.tabs.config import ConfigTab


def staged() -> StagedFacade:
    facade = full_host()
    facade.config_page, facade.check = config_page(), config_check
    return facade


async def opened(driven: Driven) -> ConfigTab:
    driven.app.open_plugin("github", "config")
    await driven.sees("interval_s")
    tab = driven.screen(PluginScreen).tab
    assert isinstance(tab, ConfigTab)
    return tab


def sets(facade: StagedFacade) -> list[tuple[Any, ...]]:
    return [done for done in facade.done if done[0] == "config_set"]


async def save(driven: Driven) -> None:
    await driven.press("ctrl+s")
    await driven.until(lambda: isinstance(driven.app.screen, Confirm))
    await driven.press("y")


async def test_a_field_says_where_its_value_comes_from_and_what_is_allowed():
    async with driving(staged()) as driven:
        await opened(driven)
        assert "file" in driven.line_with("interval_s")
        await driven.sees("Seconds between two looks", "at least 1, at most 3600; default 60", "revision 7")
        assert "environment GITHUB_TOKEN"[:12] in driven.line_with("token")
        assert "restarts the plugin" in driven.line_with("mode")


@pytest.mark.parametrize(
    ("key", "keys", "text", "take", "value"),
    [
        ("enabled", ["space"], "", "", False),
        ("mode", ["space"], "", "", "careful"),
        ("mode", ["enter", "end"], "", "enter", "off"),
        ("interval_s", ["enter", "ctrl+u"], "90", "enter", 90),
        ("repo", ["enter", "ctrl+u"], "a/b", "enter", "a/b"),
        ("proxy", ["enter"], "http://p", "enter", "http://p"),
        ("token", ["enter"], "s3", "enter", "s3"),
        ("server.port", ["enter", "ctrl+u"], "81", "enter", 81),
        ("labels", ["enter", "down", "end", "enter"], "new", "ctrl+s", ["bug", "help wanted", "new"]),
        ("auth", ["enter", "ctrl+o", "ctrl+o"], "", "ctrl+s", {"user": ""}),
        ("note", ["enter"], "hi", "ctrl+s", "hi"),
    ],
)
async def test_a_value_is_typed_in_the_way_that_fits_it(
    key: str, keys: list[str], text: str, take: str, value: Any
):
    facade = staged()
    async with driving(facade) as driven:
        tab = await opened(driven)
        assert tab.table.go_to(key)
        await driven.press(*keys)
        await driven.write(text)
        if take:
            await driven.press(take)
        await driven.sees("1 change")
        await save(driven)
        await driven.until(lambda: sets(facade) == [("config_set", "github", {key: value}, (), 7)])
        await driven.hears("saved as revision 1, live")
        await driven.sees("no changes")


async def test_a_secret_is_never_on_the_screen():
    facade = staged()
    async with driving(facade) as driven:
        tab = await opened(driven)
        tab.table.go_to("token")
        await driven.press("enter")
        await driven.write("hunter2")
        await driven.sees("••••••")
        assert "hunter2" not in driven.text
        await driven.press("enter")
        await driven.sees("1 change")
        await driven.press("ctrl+s")
        await driven.sees("Save the configuration")
        assert "hunter2" not in driven.text


async def test_a_fault_is_told_while_it_is_typed_and_beside_its_field_and_is_not_saved():
    facade = staged()
    async with driving(facade) as driven:
        await opened(driven)
        await driven.press("enter", "ctrl+u")
        await driven.write("9999")
        await driven.sees("found 9999; allowed: 1 to 3600")
        await driven.press("enter")
        await driven.sees("1 fault")
        assert "✖ found 9999" in driven.line_with("interval_s ")
        await driven.press("ctrl+s")
        await driven.hears("Not saved: interval_s")
        assert sets(facade) == []
        await driven.press("ctrl+z")
        await driven.sees("no changes")


async def test_what_is_no_number_is_told_and_not_taken():
    async with driving(staged()) as driven:
        await opened(driven)
        await driven.press("enter", "ctrl+u")
        await driven.write("soon")
        await driven.press("enter")
        await driven.sees("allowed: a number")
        driven.screen(EditDialog)
        await driven.press("escape")
        await driven.sees("no changes")


async def test_differences_and_a_restart_are_shown_before_a_save():
    async with driving(staged(), LOW) as driven:
        tab = await opened(driven)
        tab.table.go_to("mode")
        await driven.press("space", "ctrl+s")
        await driven.sees("mode: fast → careful", "It is restarted")


async def test_another_change_that_came_first_is_told_and_nothing_typed_is_lost():
    facade = staged()
    facade.refusals["config_set"] = Conflict("revision 8 is in force, not 7")
    async with driving(facade) as driven:
        tab = await opened(driven)
        tab.table.go_to("enabled")
        await driven.press("space")
        await save(driven)
        await driven.hears("another change came first")
        await driven.sees("1 change")


async def test_a_value_goes_back_to_its_default_and_a_saved_change_is_taken_back():
    facade = staged()
    async with driving(facade) as driven:
        await opened(driven)
        await driven.press("backspace")
        await driven.sees("back to the default")
        await save(driven)
        await driven.until(lambda: sets(facade) == [("config_set", "github", {}, ("interval_s",), 7)])
        await driven.press("U")
        await driven.until(lambda: ("config_undo", "github", 7) in facade.done)


async def test_what_is_taken_back_is_named():
    facade = staged()
    facade.taken_back = (
        ConfigDifference(key="interval_s", old=90, new=30),
        *(ConfigDifference(key=f"labels.{n}", old=None, new=n) for n in range(4)),
    )
    async with driving(facade) as driven:
        await opened(driven)
        await driven.press("U")
        await driven.hears("github: revision 7 is taken back, live\ninterval_s: 90 → 30\n")
        await driven.hears("and 2 more")


async def test_a_change_that_is_not_shown_is_not_taken_back_but_shown():
    facade = staged()
    async with driving(facade) as driven:
        await opened(driven)
        facade.config_page = config_page(values={"interval_s": 17})
        facade.refusals["config_undo"] = Conflict("revision 8 is in force, not 7")
        await driven.press("U")
        await driven.hears("Not taken back: another change came first")
        await driven.until(lambda: " 17 " in driven.line_with("interval_s"))


async def test_where_nothing_was_ever_set_there_is_nothing_to_take_back():
    facade = staged()
    facade.config_page = msgspec.structs.replace(config_page(), revision=0)
    async with driving(facade) as driven:
        await opened(driven)
        await driven.press("U")
        await driven.hears("There is nothing to take back")
        assert not any(done[0] == "config_undo" for done in facade.done)


async def test_history_tells_who_changed_what():
    facade = staged()
    change = ConfigDifference(key="interval_s", old=30, new=60)
    facade.revisions = (ConfigRevision(revision=7, at_s=NOW_S, who="uid 1000", changes=(change,)),)
    async with driving(facade) as driven:
        await opened(driven)
        await driven.press("H")
        driven.screen(ShowText)
        await driven.sees("revision 7", "uid 1000", "interval_s: 30 → 60")


async def test_a_hostile_value_is_typed_as_json_and_comes_back_unharmed():
    facade = staged()
    facade.config_page = config_page(values={"note": HOSTILE, "labels": [HOSTILE]})
    async with driving(facade) as driven:
        tab = await opened(driven)
        for key in ("note", "labels"):
            tab.table.go_to(key)
            await driven.press("enter")
            await driven.sees("\\u001b")
            assert "\x1b" not in driven.text
            await driven.press("ctrl+s")
            await driven.sees("no changes")


async def test_a_monitor_that_only_looks_changes_nothing():
    facade = staged()
    async with driving(facade, read_only=True) as driven:
        await opened(driven)
        await driven.press("space", "enter", "ctrl+s", "U")
        await driven.hears("only looks")
        assert facade.done == []


def test_a_schema_that_refers_to_itself_comes_to_an_end():
    schema = {"$ref": "#/$defs/a", "$defs": {"a": {"properties": {"a": {"$ref": "#/$defs/a"}}}}}
    page = config_page(schema=schema, values={})
    assert fields_of(page)
