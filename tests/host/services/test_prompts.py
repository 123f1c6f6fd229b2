"""Prompts through real plugin processes: asked, answered, refused, taken back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from host import Denied, InvalidParams, Overloaded, PluginHost, Prompt
from host.errors import ContributionNotFound
from host.services.prompts import MAX_OF_A_PLUGIN
from tests.host.services.prompting import ASKER, WAIT_S, Asking, Heard, start

Write = Callable[..., Path]
GRANTED = 'permissions = ["prompts:send"]\n'
ACCOUNT = {
    "type": "object",
    "properties": {
        "account": {"type": "string", "minLength": 3},
        "port": {"type": "integer", "default": 25},
        "token": {"type": "string", "writeOnly": True},
    },
    "required": ["account"],
}


@pytest.fixture
def place(plugins: Path, write_plugin: Write) -> Path:
    write_plugin("asker", ASKER, GRANTED)
    return plugins


async def test_a_prompt_waits_until_it_is_answered_with_what_it_asks_for(place: Path) -> None:
    host = PluginHost([place], autoload=True)
    heard = Heard(host)
    async with host, anyio.create_task_group() as tasks:
        asking = start(
            tasks, host, "ask", {"prompt": {"title": "Sign in", "text": "a\nb", "schema": ACCOUNT}}
        )
        prompt = await heard.next()
        assert (prompt.plugin, prompt.title, prompt.text) == ("asker", "Sign in", "a\nb")
        assert prompt.schema["properties"]["port"]["default"] == 25
        assert 0 < prompt.until_s - prompt.at_s <= WAIT_S
        assert host.prompts.waiting() == host.prompts.waiting("asker") == (prompt,)
        assert host.prompts.waiting("other") == ()
        with pytest.raises(InvalidParams, match="account: found nothing; allowed: a value"):
            host.prompts.answer(prompt.id, {"port": 26})
        with pytest.raises(InvalidParams, match="account: found 'ad'"):
            host.prompts.answer(prompt.id, {"account": "ad"})
        host.prompts.answer(prompt.id, {"account": "ada", "token": "abcdef-0"})
        assert await asking.result() == {"account": "ada", "port": 25, "token": "abcdef-0"}
        assert host.prompts.waiting() == ()
        with pytest.raises(ContributionNotFound):
            host.prompts.answer(prompt.id, {"account": "ada"})


async def test_a_prompt_without_a_schema_is_a_yes_or_a_no(place: Path) -> None:
    host = PluginHost([place], autoload=True)
    heard = Heard(host)
    async with host, anyio.create_task_group() as tasks:
        yes = start(tasks, host, "sure")
        prompt = await heard.next()
        with pytest.raises(InvalidParams, match="sure: found an unknown key"):
            host.prompts.answer(prompt.id, {"sure": True})
        host.prompts.answer(prompt.id)
        assert await yes.result() is True
        no = start(tasks, host, "sure")
        host.prompts.dismiss((await heard.next(2)).id)
        assert await no.result() is False


async def test_one_of_several_is_chosen_and_nothing_else(place: Path) -> None:
    host = PluginHost([place], autoload=True)
    heard = Heard(host)
    async with host, anyio.create_task_group() as tasks:
        asking = start(tasks, host, "which")
        prompt = await heard.next()
        with pytest.raises(InvalidParams, match='allowed: "home", "work"'):
            host.prompts.answer(prompt.id, {"choice": "office"})
        host.prompts.answer(prompt.id, {"choice": "work"})
        assert await asking.result() == "work"


async def test_an_application_may_answer_at_once(place: Path) -> None:
    host = PluginHost([place], autoload=True)

    @host.prompts.on
    async def answer(prompt: Prompt) -> None:
        host.prompts.answer(prompt.id, {"choice": "home"})

    async with host:
        assert await host.call("asker", "which") == "home"


async def test_a_handler_that_fails_leaves_the_prompt_to_the_operator(
    place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    host = PluginHost([place], autoload=True)

    @host.prompts.on
    def fail(_prompt: Prompt) -> None:
        raise RuntimeError("boom")

    heard = Heard(host)
    async with host, anyio.create_task_group() as tasks:
        asking = start(tasks, host, "sure")
        host.prompts.answer((await heard.next()).id)
        assert await asking.result() is True
    assert "the application failed to take a prompt" in caplog.text


async def test_nobody_answers_in_time(place: Path) -> None:
    async with PluginHost([place], autoload=True) as host:
        assert await host.call("asker", "ask", {"prompt": {"title": "Well?", "wait_s": 0.05}}) is None
        assert host.prompts.waiting() == ()


@pytest.mark.parametrize("ends", ["cancel", "kill", "unload"])
async def test_a_prompt_goes_with_whoever_made_it(place: Path, ends: str) -> None:
    host = PluginHost([place], autoload=True)
    heard = Heard(host)
    closed: list[Any] = []
    over = anyio.Event()

    @host.on("plughost.prompt.closed")
    async def note(data: dict[str, Any]) -> None:
        closed.append(data)
        over.set()

    async with host, anyio.create_task_group() as tasks:
        scope = anyio.CancelScope()

        async def ask() -> None:
            with scope:
                await Asking(host, "sure").run()

        tasks.start_soon(ask)
        prompt = await heard.next()
        if ends == "cancel":
            scope.cancel()
        elif ends == "kill":
            await host.kill("asker")
        else:
            await host.unload("asker")
        with anyio.fail_after(WAIT_S):
            await over.wait()
        assert host.prompts.waiting() == ()
        with pytest.raises(ContributionNotFound):
            host.prompts.answer(prompt.id)
        assert closed == [
            {
                "id": prompt.id,
                "plugin": "asker",
                "title": "Delete 40 sessions?",
                "outcome": "taken back",
            }
        ]


async def test_a_plugin_asks_a_few_things_at_a_time(place: Path) -> None:
    host = PluginHost([place], autoload=True)
    heard = Heard(host)
    async with host, anyio.create_task_group() as tasks:
        for _ in range(MAX_OF_A_PLUGIN):
            start(tasks, host, "sure")
        await heard.next(MAX_OF_A_PLUGIN)
        with pytest.raises(Overloaded, match="too many prompts wait; allowed: 4 of a plugin"):
            await host.call("asker", "raw", {"params": {"title": "One more"}})
        for prompt in host.prompts.waiting():
            host.prompts.dismiss(prompt.id)


async def test_a_plugin_without_the_permission_is_told_how_to_get_it(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("asker", ASKER)
    async with PluginHost([plugins], autoload=True) as host:
        with pytest.raises(Denied, match="prompts:send"):
            await host.call("asker", "sure")
        assert host.prompts.waiting() == ()


WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({"title": " "}, "title: found an empty text"),
    ({"title": "x" * 201}, "title: found 201 characters; allowed: at most 200"),
    ({"text": "x" * 4001}, "text: found 4001"),
    ({"wait_s": 0}, "wait_s: found 0; allowed: more than 0, at most 86400"),
    ({"wait_s": 1e9}, "wait_s: found 1e"),
    ({"schema": {"type": "strin"}}, "schema: type"),
    ({"schema": {"type": "array"}}, "schema: type"),
    ({"schema": {"properties": {f"k{n}": {} for n in range(51)}}}, "properties: found 51"),
    ({"schema": {"properties": {"k": {"description": "x" * 20_000}}}}, "bytes; allowed: at most 16,384"),
    ({"schema": {"properties": {"k": {"$ref": "http://example.org"}}}}, "schema: "),
)


@pytest.mark.parametrize(("wrong", "named"), WRONG)
async def test_what_cannot_be_asked_is_refused(place: Path, wrong: dict[str, Any], named: str) -> None:
    async with PluginHost([place], autoload=True) as host:
        with pytest.raises(InvalidParams) as raised:
            await host.call("asker", "raw", {"params": {"title": "Well?", "wait_s": 5} | wrong})
        assert named in raised.value.message
        assert host.prompts.waiting() == ()


async def test_texts_of_a_prompt_cannot_touch_a_terminal(place: Path) -> None:
    host = PluginHost([place], autoload=True)
    heard = Heard(host)
    async with host, anyio.create_task_group() as tasks:
        start(tasks, host, "ask", {"prompt": {"title": "a\x1b[31mb", "text": "c\x07\nd\u202e"}})
        prompt = await heard.next()
        assert not any(mark in prompt.title + prompt.text for mark in "\x1b\x07\u202e")
        host.prompts.dismiss(prompt.id)


async def test_what_was_answered_in_secret_is_masked_in_the_log(plugins: Path, write_plugin: Write) -> None:
    tells = "    @method\n    async def tell(self, text: str) -> None:\n        self.log.info(text)\n"
    write_plugin("asker", f"{ASKER}\n{tells}", GRANTED)
    host = PluginHost([plugins], autoload=True)

    @host.prompts.on
    def answer(prompt: Prompt) -> None:
        host.prompts.answer(prompt.id, {"account": "ada", "token": "hunter-and-gatherer"})

    async with host:
        await host.call("asker", "ask", {"prompt": {"title": "Sign in", "schema": ACCOUNT}})
        await host.call("asker", "tell", {"text": "it is hunter-and-gatherer"})
        lines = [line.text for line in await host.logs("asker")]
        assert any("it is •••" in line for line in lines)
        assert not any("gatherer" in line for line in lines)


async def test_a_handler_that_waits_for_a_person_holds_nobody_up(place: Path) -> None:
    host = PluginHost([place], autoload=True)
    person = anyio.Event()

    @host.prompts.on
    async def ask_somebody(_prompt: Prompt) -> None:
        await person.wait()

    heard = Heard(host)
    async with host, anyio.create_task_group() as tasks:
        assert await host.call("asker", "ask", {"prompt": {"title": "Well?", "wait_s": 0.05}}) is None
        asking = start(tasks, host, "sure")
        host.prompts.answer((await heard.next(2)).id)
        assert await asking.result() is True
        person.set()


async def test_defaults_in_tables_are_filled_in(place: Path) -> None:
    host = PluginHost([place], autoload=True)

    @host.prompts.on
    def answer(prompt: Prompt) -> None:
        host.prompts.answer(prompt.id, {"a": {"c": 2}})

    table = {"properties": {"b": {"type": "integer", "default": 1}, "c": {"type": "integer"}}}
    schema = {"properties": {"a": table | {"type": "object", "required": ["b", "c"]}}}
    async with host:
        found = await host.call("asker", "ask", {"prompt": {"title": "Well?", "schema": schema}})
    assert found == {"a": {"b": 1, "c": 2}}


async def test_a_schema_that_leads_back_to_itself_is_answered_at_once(place: Path) -> None:
    host = PluginHost([place], autoload=True)

    @host.prompts.on
    def answer(prompt: Prompt) -> None:
        host.prompts.answer(prompt.id, {"a": {}})

    schema = {"type": "object", "properties": {name: {"$ref": "#"} for name in "abc"}}
    async with host:
        assert await host.call("asker", "ask", {"prompt": {"title": "Well?", "schema": schema}}) == {"a": {}}
