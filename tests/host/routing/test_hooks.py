"""Hooks through real plugin processes."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from host import InvalidParams, LoadRefused, PluginHost
from tests.host.routing.hook_plugins import ALLOW, HOOK, SLOW, a_guard

Write = Callable[..., Path]


WORD = 'return deny(f"no {message[\'text\']}", {"rule": 7}) if "spam" in message["text"] else None'
UPPER = 'return replace({"text": message["text"].upper()})'
DIES = "import os; os._exit(9)"


async def test_a_chain_is_asked_in_order_each_seeing_what_the_ones_before_left(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("c-allows", a_guard(ALLOW))
    write_plugin("a-words", a_guard(WORD, ', after="b-upper"'))
    write_plugin("b-upper", a_guard(UPPER))
    async with PluginHost([plugins], autoload=True) as host:
        verdict = await host.hook(HOOK, {"text": "hello"})
        assert verdict
        assert verdict.value == {"text": "HELLO"}
        assert [(step.plugin, step.verdict) for step in verdict.trail] == [
            ("b-upper", "replace"),
            ("a-words", "allow"),
            ("c-allows", "allow"),
        ]
        assert all(step.duration_s > 0 for step in verdict.trail)
        assert [one.plugin for one in host.hooks.chain(HOOK)] == ["b-upper", "a-words", "c-allows"]
        # Upper case now, so the word is not found.
        assert (await host.hook(HOOK, {"text": "spam"})).allowed


async def test_a_denial_ends_the_chain_and_says_who_and_why(plugins: Path, write_plugin: Write) -> None:
    write_plugin("a-words", a_guard(WORD))
    write_plugin("b-upper", a_guard(UPPER))
    async with PluginHost([plugins], autoload=True) as host:
        verdict = await host.hook(HOOK, {"text": "spam"})
        assert not verdict
        assert (verdict.by, verdict.reason, verdict.code) == ("a-words", "no spam", "denied")
        assert verdict.value == {"text": "spam"}
        assert len(verdict.trail) == 1
        assert verdict.trail[0].data == {"rule": 7}


async def test_a_hook_that_nobody_takes_part_in_allows(plugins: Path) -> None:
    async with PluginHost([plugins]) as host:
        verdict = await host.hook("nobody.cares", [1])
        assert (verdict.allowed, verdict.value, verdict.trail) == (True, [1], ())
        with pytest.raises(InvalidParams):
            host.hooks.declare("Not A Name")
        with pytest.raises(InvalidParams):
            host.hooks.declare("a.name", budget_s=0)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (SLOW, "hook_timeout"),
        ("raise ValueError(message)", "hook_failed"),
        ('raise PluginError("not today")', "hook_failed"),
        ("return True", "hook_failed"),
        ("return message['missing']", "hook_failed"),
        (DIES, "hook_failed"),
    ],
)
async def test_no_answer_is_passed_over_where_it_fails_open_and_forbids_where_it_fails_closed(
    plugins: Path, write_plugin: Write, body: str, code: str
) -> None:
    write_plugin("a-open", a_guard(body, ', budget_s=0.3, fail="open"'))
    write_plugin("b-closed", a_guard(body, ', budget_s=0.3, fail="closed"'))
    write_plugin("c-never", a_guard(ALLOW))
    async with PluginHost([plugins], autoload=True) as host:
        verdict = await host.hook(HOOK, {"text": "hello"})
        assert not verdict
        assert (verdict.by, verdict.code) == ("b-closed", code)
        assert "b-closed" in verdict.reason
        assert [(step.plugin, step.verdict, step.code) for step in verdict.trail] == [
            ("a-open", "skipped", code),
            ("b-closed", "deny", code),
        ]
        assert host.hooks.skipped[HOOK, "a-open"] == 1


async def test_the_applications_declaration_holds_for_handlers_that_say_nothing(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("guard", a_guard(SLOW))
    host = PluginHost([plugins], autoload=True)
    host.hooks.declare(HOOK, fail="closed", budget_s=0.2)
    async with host:
        verdict = await host.hook(HOOK, {"text": "hello"})
        assert verdict.code == "hook_timeout"
        assert "0.2 s" in verdict.reason


class Message(msgspec.Struct):
    """What an application may send."""

    text: str


async def test_a_replaced_value_has_the_declared_shape_or_does_not_count(
    plugins: Path, write_plugin: Write
) -> None:
    body = 'return replace({"text": 7} if message["text"] == "bad" else {"text": "other"})'
    write_plugin("guard", a_guard(body, ', fail="closed"'))
    host = PluginHost([plugins], autoload=True)
    host.hooks.declare(HOOK, shape=Message)
    async with host:
        assert (await host.hook(HOOK, Message("good"))).value == Message("other")
        verdict = await host.hook(HOOK, Message("bad"))
        assert (verdict.code, verdict.value) == ("hook_failed", Message("bad"))


async def test_an_order_that_goes_in_a_circle_is_refused_naming_it(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("a", a_guard(ALLOW, ', before="b"'))
    write_plugin("b", a_guard(ALLOW, ', before="a"'))
    async with PluginHost([plugins]) as host:
        await host.load("a")
        with pytest.raises(LoadRefused, match=r"a before b before a|b before a before b"):
            await host.load("b")
        assert await host.hook(HOOK, {"text": "hello"})


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (a_guard(ALLOW, ", budget_s=61"), "budget: found 61000 ms"),
        (a_guard(ALLOW).replace(HOOK, "No Hook"), "allowed: lower-case words"),
        (a_guard(ALLOW).replace("message: dict[str, Any]", "one, two"), "takes one parameter"),
        (a_guard(ALLOW).replace("message: dict[str, Any]", ""), "takes one parameter"),
    ],
)
async def test_what_can_not_be_a_handler_is_refused(
    plugins: Path, write_plugin: Write, code: str, fault: str
) -> None:
    write_plugin("guard", code)
    async with PluginHost([plugins]) as host:
        with pytest.raises(LoadRefused, match=fault):
            await host.load("guard")
        assert host.hooks.chain(HOOK) == ()
