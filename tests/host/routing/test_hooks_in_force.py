"""When a hook is in force: before its plugin runs, after it is gone, and for whom."""

import json
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from host import LoadRefused, PluginHost, PluginView
from host.errors import HookCycle
from tests.host.routing.hook_plugins import ALLOW, HOOK, SLOW, USES, a_guard

Write = Callable[..., Path]
Until = Callable[..., Awaitable[PluginView]]


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
        with caplog.at_level(logging.INFO):
            assert host.hooks.release("guard")
        assert "released" in caplog.text
        assert "hooks.release(plugin='guard'): done" in caplog.text, "it is in the audit"
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


async def test_a_declared_hook_may_demand_a_permission(plugins: Path, write_plugin: Write) -> None:
    write_plugin("without", a_guard(ALLOW))
    write_plugin("granted", a_guard(ALLOW), 'permissions = ["messages:moderate"]\n')
    host = PluginHost([plugins])
    host.hooks.declare(HOOK, permission="messages:moderate")
    async with host:
        await host.load("granted")
        with pytest.raises(LoadRefused) as caught:
            await host.load("without")
        assert (
            f"hook '{HOOK}' needs a permission: plugin 'without' did not declare messages:moderate; "
            'in the manifest: permissions = ["messages:moderate"]'
        ) in str(caught.value)
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
