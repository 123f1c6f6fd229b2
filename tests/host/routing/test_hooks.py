"""Hooks through real plugin processes."""

import json
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest

from host import InvalidParams, LoadRefused, PluginHost, PluginView
from host.errors import HookCycle

Write = Callable[..., Path]
Until = Callable[..., Awaitable[PluginView]]

HOOK = "message.before_send"
USES = "from plugin_sdk import allow, deny, hook, replace\n\n\n"


def a_guard(body: str, options: str = "") -> str:
    """Return the code of a plugin whose one handler has this body."""
    return f"""{USES}
class Guard(Plugin):
    @hook("{HOOK}"{options})
    async def check(self, message: dict[str, Any]):
        {body}
"""


WORD = 'return deny(f"no {message[\'text\']}", {"rule": 7}) if "spam" in message["text"] else None'
UPPER = 'return replace({"text": message["text"].upper()})'
ALLOW = "return allow()"
DIES = "import os; os._exit(9)"
SLOW = "import asyncio; await asyncio.sleep(30)"


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


async def test_a_closed_hook_is_in_force_before_its_plugin_runs_until_it_is_disabled(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("guard", a_guard(ALLOW, ', fail="closed"'))
    write_plugin("other", a_guard(ALLOW))
    data = tmp_path / "data"
    async with PluginHost([plugins], data=data, autoload=True) as host:
        assert await host.hook(HOOK, {"text": "hello"})
    async with PluginHost([plugins], data=data) as host:
        verdict = await host.hook(HOOK, {"text": "hello"})
        assert (verdict.allowed, verdict.code, verdict.by) == (False, "hook_unavailable", "guard")
        # The other one is fail-open: it would be passed over.
        assert [(one.plugin, one.active) for one in host.hooks.chain(HOOK)] == [
            ("guard", False),
            ("other", False),
        ]
        await host.load("guard")
        assert await host.hook(HOOK, {"text": "hello"})
        await host.unload("guard")
        assert not await host.hook(HOOK, {"text": "hello"})
        await host.disable("guard")
        assert await host.hook(HOOK, {"text": "hello"})
    async with PluginHost([plugins], data=data) as host:
        assert await host.hook(HOOK, {"text": "hello"})
        await host.enable("guard")
        assert not await host.hook(HOOK, {"text": "hello"})


async def test_hooks_can_be_released_and_are_in_force_again_with_the_next_load(
    plugins: Path, write_plugin: Write, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_plugin("guard", a_guard(ALLOW, ', fail="closed"'))
    data = tmp_path / "data"
    async with PluginHost([plugins], data=data, autoload=True) as host:
        assert not host.hooks.release("guard")  # it runs
        await host.unload("guard")
        with caplog.at_level(logging.WARNING):
            assert host.hooks.release("guard")
        assert "released" in caplog.text
        assert not host.hooks.release("guard")
        assert await host.hook(HOOK, {"text": "hello"})
    assert json.loads((data / "hooks.json").read_text()) == {}
    async with PluginHost([plugins], data=data) as host:
        assert await host.hook(HOOK, {"text": "hello"})
        await host.load("guard")
        await host.unload("guard")
        assert not await host.hook(HOOK, {"text": "hello"})


async def test_a_closed_hook_whose_plugin_was_uninstalled_does_not_count(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    folder = write_plugin("guard", a_guard(ALLOW, ', fail="closed"'))
    data = tmp_path / "data"
    async with PluginHost([plugins], data=data, autoload=True):
        pass
    for file in folder.rglob("*"):
        if file.is_file():
            file.unlink()
    async with PluginHost([plugins], data=data) as host:
        assert await host.hook(HOOK, {"text": "hello"})


async def test_a_plugin_that_is_killed_while_it_is_asked_does_not_approve(
    plugins: Path, write_plugin: Write, until: Until
) -> None:
    body = "self.log.info('asked'); " + SLOW
    write_plugin("guard", a_guard(body, ', budget_s=30, fail="closed"'))
    async with PluginHost([plugins], autoload=True) as host:
        verdicts: list[Any] = []

        async def ask() -> None:
            verdicts.append(await host.hook(HOOK, {"text": "hello"}))

        pid = host.plugin("guard").pid
        assert pid is not None
        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(ask)
                while not host.plugin("guard").figures.in_flight:
                    await anyio.lowlevel.checkpoint()
                os.kill(pid, signal.SIGKILL)
        assert (verdicts[0].allowed, verdicts[0].code) == (False, "hook_failed")
        assert "SIGKILL" in verdicts[0].reason
        assert (await host.hook(HOOK, {"text": "hello"})).code in ("hook_unavailable", "hook_failed")


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


async def test_a_declared_hook_may_demand_a_permission(plugins: Path, write_plugin: Write) -> None:
    write_plugin("without", a_guard(ALLOW))
    write_plugin("granted", a_guard(ALLOW), 'permissions = ["messages:moderate"]\n')
    host = PluginHost([plugins])
    host.hooks.declare(HOOK, permission="messages:moderate")
    async with host:
        await host.load("granted")
        with pytest.raises(LoadRefused, match="messages:moderate"):
            await host.load("without")
        assert [one.plugin for one in host.hooks.chain(HOOK)] == ["granted"]


SENDS = f"""{USES}
class Sends(Plugin):
    @hook("{HOOK}")
    async def check(self, message: dict[str, Any]):
        if message["text"] == "directly":
            await self.host.chat.send(message={{"text": "nested"}})
        if message["text"] == "by another":
            await self.host.plugins.call(plugin="relay", method="send")
        if message["text"] == "other hook":
            await self.host.chat.edit(message={{}})

    @method
    async def send(self) -> bool:
        return await self.host.chat.send(message={{"text": "fine"}})
"""
RELAY = """
class Relay(Plugin):
    @method
    async def send(self) -> bool:
        return await self.host.chat.send(message={"text": "nested"})
"""


@pytest.mark.parametrize("way", ["directly", "by another"])
async def test_a_handler_that_triggers_its_own_hook_is_refused_by_name(
    plugins: Path, write_plugin: Write, way: str
) -> None:
    write_plugin("sends", SENDS, 'permissions = ["plugins:call:relay"]\n')
    write_plugin("relay", RELAY)
    host = PluginHost([plugins], autoload=True)
    refused: list[HookCycle] = []

    @host.api("chat.send")
    async def send(message: dict[str, Any]) -> bool:
        try:
            return bool(await host.hook(HOOK, message))
        except HookCycle as exc:
            refused.append(exc)
            raise

    @host.api("chat.edit")
    async def edit(message: dict[str, Any]) -> bool:
        return bool(await host.hook("message.before_edit", message))

    async with host:
        verdict = await host.hook(HOOK, {"text": way})
        assert verdict.trail[0].code == "hook_failed"
        assert f"{HOOK} > {HOOK}" in verdict.trail[0].reason
        assert len(refused) == 1
        # What is not within a hook may trigger it, and within one other hooks may be.
        assert await host.call("sends", "send") is True
        assert (await host.hook(HOOK, {"text": "other hook"})).trail[0].verdict == "allow"
