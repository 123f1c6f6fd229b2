"""Events that must not be lost, through real plugin processes that die, fail and never answer."""

import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from host import PluginHost, PluginView, Timing

Write = Callable[..., Path]
Until = Callable[..., Awaitable[PluginView]]
WAIT_S = 20

KEEPER = """
import asyncio, os
from plugin_sdk import Event, on

class Keeper(Plugin):
    def __init__(self) -> None:
        self.mended = False
        self.news = asyncio.Event()

    @on("order.*", durable=True)
    async def order(self, data: Any, event: Event) -> None:
        if data == "die" and await self.storage.incr("deaths") == 1:
            os._exit(7)
        if data == "fail" and not self.mended:
            raise LookupError("not yet")
        if data == "hang" and await self.storage.incr("hangs") == 1:
            await asyncio.sleep(3600)
        await self.storage.append("seen", [event.seq, data])
        self.news.set()

    @method
    async def wait_for(self, count: int) -> list[Any]:
        while len(seen := await self.storage.get("seen", [])) < count:
            self.news.clear()
            await self.news.wait()
        return seen

    @method
    async def mend(self) -> None:
        self.mended = True
"""
QUICK = Timing(event_retries_s=(0.01, 0.01), stream_idle_s=0.5)


async def seen(host: PluginHost, count: int) -> list[Any]:
    found = await host.call("keeper", "wait_for", {"count": count}, timeout_s=WAIT_S)
    return [data for _, data in found]


async def test_what_is_emitted_while_plugin_or_host_is_down_comes_later_in_order(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("keeper", KEEPER)
    data = tmp_path / "data"
    async with PluginHost([plugins], data=data, autoload=True) as host:
        await host.emit("order.new", 0)
        assert await seen(host, 1) == [0]
        await host.unload("keeper")
        for number in range(1, 100):
            await host.emit("order.new", number)
        await host.emit("other", "not for it")
        (lag,) = await host.events.lag()
        assert (lag.plugin, lag.subscription, lag.durable) == ("keeper", "order", True)
        assert lag.waiting >= 99
    async with PluginHost([plugins], data=data, autoload=False) as host:
        await host.emit("order.new", 100)
        await host.load("keeper")
        assert await seen(host, 101) == list(range(101))


async def test_a_subscriber_that_dies_before_it_acknowledges_gets_the_events_again(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("keeper", KEEPER)
    async with PluginHost([plugins], data=tmp_path / "data", autoload=True) as host:
        for number in range(10):
            await host.emit("order.new", number)
        assert await seen(host, 10) == list(range(10))
        for data in ("before", "die", "after"):
            await host.emit("order.new", data)
        with host.changes() as changes, anyio.fail_after(WAIT_S):
            async for change in changes:
                if change.new == "active":
                    break
        found = await seen(host, 13)
        # At least once, in order; what was not acknowledged may come twice.
        first = [data for number, data in enumerate(found) if data not in found[:number]]
        assert first == [*range(10), "before", "die", "after"]
        assert len(found) <= 13 + 64


async def test_an_event_that_fails_again_and_again_is_a_dead_letter_and_can_be_redriven(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("keeper", KEEPER)
    async with PluginHost([plugins], data=tmp_path / "data", autoload=True, timing=QUICK) as host:
        for data in (1, "fail", 2):
            await host.emit("order.new", data)
        assert await seen(host, 2) == [1, 2]
        (letter,) = await host.events.dead_letters("keeper")
        assert (letter.subscription, letter.topic, letter.data) == ("order", "order.new", b'"fail"')
        assert letter.error == "LookupError: not yet"
        assert await host.events.redrive() == 0
        await host.call("keeper", "mend")
        assert await host.events.redrive() == 1
        assert await seen(host, 3) == [1, 2, "fail"]
        assert await host.events.dead_letters() == []


async def test_a_subscriber_that_never_answers_is_asked_again(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("keeper", KEEPER)
    async with PluginHost([plugins], data=tmp_path / "data", autoload=True, timing=QUICK) as host:
        for data in ("hang", "next"):
            await host.emit("order.new", data)
        assert await seen(host, 2) == ["hang", "next"]


async def test_a_subscription_can_be_set_back_to_an_event_or_a_time(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("keeper", KEEPER)
    async with PluginHost([plugins], data=tmp_path / "data", autoload=True) as host:
        numbers = [await host.emit("order.new", data) for data in ("a", "b", "c")]
        assert await seen(host, 3) == ["a", "b", "c"]
        await host.events.replay("keeper", "order", after=numbers[0])
        assert await seen(host, 5) == ["a", "b", "c", "b", "c"]
        await host.events.replay("keeper", "order", since_s=0.0)
        assert await seen(host, 8) == ["a", "b", "c", "b", "c", "a", "b", "c"]


async def test_a_topic_that_is_declared_durable_is_kept_before_anybody_subscribes(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("keeper", KEEPER)
    host = PluginHost([plugins], data=tmp_path / "data")
    host.events.declare("order.kept", durable=True)
    async with host:
        await host.emit("order.kept", 1)
        await host.load("keeper")
        await host.emit("order.kept", 2)
        assert await seen(host, 1) == [2]
        await host.events.replay("keeper", "order", since_s=0.0)
        assert await seen(host, 3) == [2, 1, 2]


async def test_a_subscription_that_is_forgotten_keeps_nothing_back(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("keeper", KEEPER)
    data = tmp_path / "data"
    async with PluginHost([plugins], data=data, autoload=True) as host:
        await host.emit("order.new", 1)
        assert await seen(host, 1) == [1]
        await host.unload("keeper")
        await host.events.forget("keeper")
        await host.emit("order.new", 2)
        assert await host.events.lag() == []
        await host.load("keeper")
        await host.emit("order.new", 3)
        assert await seen(host, 2) == [1, 3]


async def test_what_became_too_old_is_lost_and_counted(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("keeper", KEEPER)
    async with PluginHost([plugins], data=tmp_path / "data", autoload=True) as host:
        await host.emit("order.new", 1)
        assert await seen(host, 1) == [1]
        await host.unload("keeper")
        for number in range(5):
            await host.emit("order.new", "x" * 100 + str(number))
        durable = host.events._durable  # pyright: ignore[reportPrivateUsage]
        durable._retention_bytes = 250  # pyright: ignore[reportPrivateUsage]
        await durable.retire()
        (lag,) = await host.events.lag()
        assert lag.lost == 3
        await host.load("keeper")
        assert [str(one)[-1] for one in await seen(host, 3)] == ["1", "3", "4"]


def killed_after(count: int, program: Path, *arguments: Path) -> int:
    """Run an emitter, kill it, and return how many events it was told are kept."""
    with subprocess.Popen(
        [sys.executable, program, *arguments], stdout=subprocess.PIPE, text=True
    ) as emitter:
        assert emitter.stdout is not None
        for line in emitter.stdout:
            if int(line) == count:
                emitter.kill()
                break
        return 1 + count + len(emitter.stdout.readlines())


async def test_no_event_that_was_acknowledged_is_lost_when_the_host_is_killed(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("keeper", KEEPER)
    data = tmp_path / "data"
    async with PluginHost([plugins], data=data, autoload=True) as host:
        await host.emit("order.new", "first")
        assert await seen(host, 1) == ["first"]
        await host.unload("keeper")
    program = Path(__file__).with_name("killed_emitter.py")
    acknowledged = await anyio.to_thread.run_sync(killed_after, 200, program, plugins, data)
    async with PluginHost([plugins], data=data) as host:
        await host.load("keeper")
        found = await seen(host, 1 + acknowledged)
        assert found[: 1 + acknowledged] == ["first", *range(acknowledged)]
