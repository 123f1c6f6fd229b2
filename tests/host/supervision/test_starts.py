"""Starts: how many at a time, and those that are not tried again."""

from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from host import LoadFailed, LoadRefused, PluginHost
from host.process.launcher import SpawnError
from host.supervision.session import Session
from host.supervision.spawner import Spawner
from tests.host.supervision.gate import HELD_IN_LOAD, PLAIN, Gate

Write = Callable[..., Path]


async def test_at_most_four_plugins_start_at_the_same_time(plugins: Path, write_plugin: Write) -> None:
    for number in range(6):
        write_plugin(f"p{number}", HELD_IN_LOAD)
    async with PluginHost(plugins=[plugins]) as host:
        gate = Gate(host)
        with anyio.fail_after(40):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(host.load_all)
                await gate.until_entered(4)
                assert [view.state for view in host.plugins()] == ["loading"] * 6
                assert sum(view.pid is not None for view in host.plugins()) == 4
                gate.open()
        assert gate.most_inside == 4
        assert gate.entered == 6
        assert [view.state for view in host.plugins()] == ["active"] * 6


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("import no_such_module\n" + PLAIN, "no_such_module"),
        ("class NoPlugin: ...\n", "one class derived from plugin_sdk.Plugin"),
        ("class Bad(Plugin):\n    @method\n    async def go(self, _meta: int) -> None: ...\n", "_meta"),
        (
            "from plugin_sdk import hook\n"
            "class Bad(Plugin):\n    @hook\n    async def guard(self, value: str) -> None: ...\n",
            "Bad.guard: @hook stands without parentheses",
        ),
        (
            "from plugin_sdk import command\n"
            "class Bad(Plugin):\n    @command(description=5)\n    async def go(self) -> None: ...\n",
            "Bad.go: @command, argument description: found 5; allowed: a text",
        ),
    ],
)
async def test_a_start_that_cannot_succeed_is_not_tried_again(
    plugins: Path, write_plugin: Write, code: str, named: str
) -> None:
    write_plugin("one", code)
    async with PluginHost(plugins=[plugins]) as host:
        with host.changes() as changes, pytest.raises(LoadRefused, match=named) as caught:
            await host.load("one")
        assert caught.value.remedy
        view = host.plugin("one")
        assert view.state == "error"
        assert named in view.reason
        assert view.retry_in_s is None
        assert view.restarts == 0
        assert view.last_exit is not None
        assert view.last_exit.cause == "refused"
        assert [change.new async for change in changes] == ["loading", "error"]

        write_plugin("one", PLAIN)
        await host.load("one")
        assert host.plugin("one").state == "active"


async def test_a_process_that_cannot_be_had_is_asked_for_again(
    plugins: Path, write_plugin: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_plugin("one", PLAIN)

    async def refuse(_: Spawner) -> Session:
        raise SpawnError("no descriptors for its pipes")

    async with PluginHost(plugins=[plugins]) as host:
        with monkeypatch.context() as patch:
            patch.setattr(Spawner, "spawn", refuse)
            with pytest.raises(LoadFailed, match="could not be started: no descriptors") as caught:
                await host.load("one")
        assert "tries again in" in caught.value.remedy
        assert host.plugin("one").state == "backoff"
        await host.load("one")
        assert host.plugin("one").state == "active"


async def test_what_nobody_expected_becomes_the_error_of_one_plugin(
    plugins: Path, write_plugin: Write, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write_plugin("one", PLAIN)
    write_plugin("other", PLAIN)

    async def fail(_: Spawner) -> Session:
        raise ZeroDivisionError("nobody expected this")

    async with PluginHost(plugins=[plugins]) as host:
        await host.load("other")
        with monkeypatch.context() as patch:
            patch.setattr(Spawner, "spawn", fail)
            with pytest.raises(LoadRefused, match="failed unexpectedly") as caught:
                await host.load("one")
        assert "look the incident up" in caught.value.remedy
        view = host.plugin("one")
        assert view.state == "error"
        assert view.reason.rpartition(" ")[2] in {
            getattr(record, "fields", {}).get("incident") for record in caplog.records
        }
        assert host.plugin("other").state == "active"
        await host.load("one")
        assert host.plugin("one").state == "active"
