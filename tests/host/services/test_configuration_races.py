"""Changes of a configuration that meet a plugin which does not answer, ends, or just begins."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from host import DeadlineExceeded, PluginHost
from host.services import configuration_offer
from host.state import config_file

Write = Callable[..., Path]
WAIT_S = 20.0

SCHEMA = """
[config_schema.mode]
type = "string"
default = "slow"
[config_schema.port]
type = "integer"
default = 1
x-restart = true
"""
CODE = """
import asyncio


class Slow(Plugin):
    async def on_load(self) -> None:
        await self.host.told.mode("load", self.config["mode"])

    async def on_configure(self, config: dict[str, Any]) -> None:
        await self.host.told.mode("configure", config["mode"])
        if config["mode"] == "never":
            await asyncio.Event().wait()

    @method
    async def seen(self) -> dict[str, Any]:
        return self.config
"""


class Told:
    """What the plugin was given, in order."""

    def __init__(self, host: PluginHost) -> None:
        self.all: list[tuple[str, str]] = []
        self.hold_loads = False
        self.go_on = anyio.Event()
        self._news = anyio.Event()
        host.api("told.mode")(self.mode)

    async def mode(self, by: str, mode: str) -> None:
        self.all.append((by, mode))
        self._news.set()
        self._news = anyio.Event()
        if by == "load" and self.hold_loads:
            await self.go_on.wait()

    async def until(self, *told: tuple[str, str]) -> None:
        with anyio.fail_after(WAIT_S):
            while self.all != [*told]:
                assert len(self.all) <= len(told), self.all
                await self._news.wait()


@pytest.fixture
def host(plugins: Path, write_plugin: Write, tmp_path: Path) -> PluginHost:
    write_plugin("slow", CODE, SCHEMA)
    return PluginHost([plugins], data=tmp_path / "data")


async def test_a_plugin_that_does_not_answer_an_offer_in_time_is_given_the_former_one_back(
    host: PluginHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told(host)
    monkeypatch.setattr(configuration_offer, "OFFER_S", 0.5)
    async with host:
        await host.load("slow")
        with pytest.raises(DeadlineExceeded):
            await host.configuration.set("slow", {"mode": "never"})
        await told.until(("load", "slow"), ("configure", "never"), ("configure", "slow"))
        assert host.configuration.revision("slow") == 0
        assert (await host.call("slow", "seen"))["mode"] == "slow"


async def test_a_caller_who_is_cancelled_while_the_plugin_thinks_leaves_it_the_former_one(
    host: PluginHost,
) -> None:
    told = Told(host)
    async with host:
        await host.load("slow")
        change = asyncio.get_running_loop().create_task(host.configuration.set("slow", {"mode": "never"}))
        await told.until(("load", "slow"), ("configure", "never"))
        change.cancel()
        with pytest.raises(asyncio.CancelledError), anyio.fail_after(WAIT_S):
            await change
        assert told.all[-1] == ("configure", "slow")


async def test_a_run_that_begins_while_a_change_is_written_is_told_of_it(
    host: PluginHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told(host)
    begun, go_on = threading.Event(), threading.Event()
    append = config_file.append

    def slow(connection: sqlite3.Connection, plugin: str, row: config_file.Row) -> None:
        begun.set()
        assert go_on.wait(WAIT_S)
        append(connection, plugin, row)

    async with host:
        await host.load("slow")
        monkeypatch.setattr(config_file, "append", slow)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(host.configuration.set, "slow", {"mode": "fast"})
            assert await anyio.to_thread.run_sync(begun.wait, WAIT_S)
            await host.restart("slow")
            assert (await host.call("slow", "seen"))["mode"] == "slow"
            go_on.set()
        await told.until(("load", "slow"), ("configure", "fast"), ("load", "slow"), ("configure", "fast"))
        with anyio.fail_after(WAIT_S):
            while (await host.call("slow", "seen"))["mode"] != "fast":
                await anyio.lowlevel.checkpoint()


async def test_a_change_that_is_saved_while_a_run_loads_is_offered_once_it_is_active(
    host: PluginHost,
) -> None:
    told = Told(host)
    told.hold_loads = True
    async with host, anyio.create_task_group() as tasks:
        tasks.start_soon(host.load, "slow")
        await told.until(("load", "slow"))
        assert (await host.configuration.set("slow", {"mode": "fast"})).applied == "next_start"
        told.go_on.set()
        await told.until(("load", "slow"), ("configure", "fast"))


async def test_a_change_that_needs_a_restart_and_was_missed_restarts_the_run(
    host: PluginHost,
) -> None:
    told = Told(host)
    told.hold_loads = True
    async with host, anyio.create_task_group() as tasks:
        tasks.start_soon(host.load, "slow")
        await told.until(("load", "slow"))
        await host.configuration.set("slow", {"port": 7})
        told.go_on.set()
        await told.until(("load", "slow"), ("configure", "slow"), ("load", "slow"))
