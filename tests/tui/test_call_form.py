"""A method is called with a form of what it takes."""

import pytest
from tui.driven import SIZES, Driven, driving, full_host
from tui.staged_facade import StagedFacade
from tui.staged_rows import HOSTILE

from host.errors import NotActive
from host.tui.call_dialog import CallDialog, PickMethod
from host.tui.overview import Overview

SEARCH = {
    "type": "object",
    "properties": {
        "words": {"type": "string", "description": "What is looked for"},
        "limit": {"type": "integer", "default": 10, "minimum": 1},
        "kind": {"enum": ["issue", "review"]},
    },
    "required": ["words"],
    "additionalProperties": False,
}


def staged() -> StagedFacade:
    facade = full_host()
    facade.method_schemas = {"search": SEARCH}
    return facade


async def picked(driven: Driven, method: str) -> CallDialog:
    """Open the form of a method, by its name among all."""
    driven.screen(Overview).table.go_to("github")
    await driven.press("R")
    await driven.sees(method)
    names = [row.name for row in driven.facade.method_rows["github"]]
    await driven.press(*["down"] * names.index(method), "enter")
    await driven.until(lambda: isinstance(driven.app.screen, CallDialog))
    return driven.screen(CallDialog)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_method_is_picked_and_its_parameters_are_a_form(size: tuple[int, int]):
    facade = staged()
    async with driving(facade, size) as driven:
        await picked(driven, "search")
        await driven.sees("github: search", "words", "▲ must be given", "10 by default", "What is looked for")
        await driven.press("ctrl+s")
        await driven.sees("words must be given; nothing was called")
        await driven.press("enter")
        await driven.write("crash")
        await driven.press("enter", "down", "down", "space", "ctrl+s")
        await driven.sees("answered in", '"ok"')
        assert facade.done == [("call", "github", "search", {"words": "crash", "kind": "issue"})]
        await driven.press("ctrl+y")
        line = 'plughost call github search \'{"words": "crash", "kind": "issue"}\''
        assert driven.app.clipboard == line


async def test_the_list_of_methods_says_what_each_takes():
    async with driving(staged()) as driven:
        driven.screen(Overview).table.go_to("github")
        await driven.press("R")
        await driven.sees("github: call a method", "search(words, limit?, kind?)", "sync(…)", "a stream")
        await driven.press("escape")
        driven.screen(Overview)


async def test_the_parameters_may_be_typed_as_json():
    facade = staged()
    async with driving(facade) as driven:
        await picked(driven, "search")
        await driven.press("ctrl+o")
        await driven.sees("{}")
        await driven.press("ctrl+s")
        await driven.until(lambda: facade.done == [("call", "github", "search", {})])


async def test_what_is_sent_again_is_in_the_form_and_what_has_no_place_there_is_json():
    facade = staged()
    async with driving(facade) as driven:
        driven.app.call_form("github", "search", {"words": "leak", "limit": 3})
        await driven.until(lambda: isinstance(driven.app.screen, CallDialog))
        await driven.sees("leak", "3")
        assert not driven.app.screen.has_class("-json")
        await driven.press("ctrl+s", "escape")
        driven.app.call_form("github", "search", {"words": "leak", "older": {"than": 7}})
        await driven.until(lambda: driven.app.screen.has_class("-json"))
        await driven.sees('"older"')
        await driven.press("ctrl+s")
        await driven.until(lambda: len(facade.done) == 2)
        assert [given for *_, given in facade.done] == [
            {"words": "leak", "limit": 3},
            {"words": "leak", "older": {"than": 7}},
        ]


async def test_a_method_that_does_not_say_what_it_takes_is_called_with_json():
    facade = staged()
    async with driving(facade) as driven:
        driven.app.call_form("github", "sync", {"repo": "acme/widgets"})
        await driven.until(lambda: driven.app.screen.has_class("-json"))
        await driven.press("ctrl+s")
        await driven.until(lambda: facade.done == [("call", "github", "sync", {"repo": "acme/widgets"})])


async def test_a_stream_shows_its_items():
    facade = staged()
    async with driving(facade) as driven:
        dialog = await picked(driven, "issues")
        assert dialog.has_class("-json")
        await driven.press("ctrl+s")
        await driven.sees("a stream of 1 items")


async def test_a_plugin_that_does_not_run_says_why_it_has_nothing_to_call():
    facade = staged()
    facade.methods_fault = NotActive("ocr is in quarantine and has no methods", remedy="end the quarantine")
    async with driving(facade) as driven:
        driven.screen(Overview).table.go_to("ocr")
        await driven.press("R")
        driven.screen(PickMethod)
        await driven.sees("ocr is in quarantine and has no methods", "end the quarantine", "Esc close")


async def test_what_a_method_says_of_itself_does_no_harm():
    facade = staged()
    hostile = {"type": "object", "properties": {"who": {"type": "string", "description": HOSTILE}}}
    facade.method_schemas = {"search": hostile}
    async with driving(facade) as driven:
        await picked(driven, "search")
        await driven.sees("who")
        assert not {"\x1b", "\x07", "\u202e", "\x9b"} & {*driven.text}
