"""Events that may be lost, through real plugin processes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.from_thread
import anyio.lowlevel
import pytest

from host import Denied, HostClosed, InvalidParams, PluginHost
from host.routing.event_handlers import Event
from host.routing.event_subscriber import CREDIT, MAX_QUEUED, MAX_QUEUED_BYTES
from protocol.filters import above
from tests.host.routing.event_plugins import EMITTER
from tests.host.routing.heard import WAIT_S, Heard, until_true

Write = Callable[..., Path]
SLOW = """
import asyncio
from plugin_sdk import on

class Slow(Plugin):
    def __init__(self):
        self.go = asyncio.Event()

    @method
    async def release(self) -> None:
        self.go.set()

    @on("plugin.emitter.flood")
    @on("tick")
    async def slow(self, number: int):
        await self.go.wait()
        await self.host.test.heard(kind="tick", data=number)
"""


async def test_a_plugin_emits_under_its_own_name_and_elsewhere_by_permission_alone(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("emitter", EMITTER, 'permissions = ["events:emit:order.paid", "events:emit:user.*"]\n')
    host = PluginHost([plugins], autoload=True)
    got: list[tuple[str, Any]] = []
    done = anyio.Event()

    @host.on("**", where={"n": above(0)})
    async def listen(data: Any, event: Event) -> None:  # pyright: ignore[reportUnusedFunction]
        got.append((event.topic, data["n"]))
        if data["n"] == 9:
            done.set()

    async with host:

        async def say(topic: str, n: int) -> int:
            return await host.call("emitter", "say", {"topic": topic, "data": {"n": n}})

        assert await host.call("emitter", "own", {"event": "ready"}) == "plugin.emitter.ready"
        first = await say("ready", 1)
        assert await say("plugin.emitter.more.so", 2) > first
        await say("order.paid", 3)
        await say("user.login", 4)
        await say("ready", 0)
        for topic, words in (
            ("order.sent", "events:emit:order.sent"),
            ("user.login.failed", "events:emit:user.login.failed"),
            ("plughost.plugin.active", "emitted by the host"),
            ("plugin.other.ready", "emitted by the host and by the plugin"),
        ):
            with pytest.raises(Denied) as caught:
                await say(topic, 5)
            assert words in str(caught.value)
        with pytest.raises(InvalidParams, match="parts divided by dots"):
            await say("order..paid", 6)
        await host.emit("last", {"n": 9})
        with anyio.fail_after(WAIT_S):
            await done.wait()
    assert got == [
        ("plugin.emitter.ready", 1),
        ("plugin.emitter.more.so", 2),
        ("order.paid", 3),
        ("user.login", 4),
        ("last", 9),
    ]


async def test_a_slow_subscriber_loses_the_oldest_events_and_the_emitter_never_waits(
    plugins: Path, write_plugin: Write, caplog: pytest.LogCaptureFixture
) -> None:
    write_plugin("slow", SLOW)
    host = PluginHost([plugins], autoload=True)
    heard = Heard(host)
    async with host:
        for number in range(CREDIT + MAX_QUEUED + 100):
            await host.emit("tick", number)

        async def all_sent() -> bool:
            return (await host.events.lag("slow"))[0].dropped == 100

        await until_true(all_sent)
        assert (await host.events.lag("slow"))[0].waiting == CREDIT + MAX_QUEUED
        assert "events were lost: the plugin does not handle them as fast as they come" in caplog.text
        await host.call("slow", "release")
        found = await heard.until(CREDIT + MAX_QUEUED)
        numbers = [number for _, number in found]
        assert numbers == [*range(CREDIT), *range(CREDIT + 100, CREDIT + MAX_QUEUED + 100)]

        async def all_credited() -> bool:
            return (await host.events.lag("slow"))[0].waiting == 0

        await until_true(all_credited)
        assert host.events.statistics().dropped == 100


async def test_a_plugin_that_floods_fills_no_more_than_its_subscribers_queue_and_others_are_served(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("emitter", EMITTER)
    write_plugin("slow", SLOW)
    host = PluginHost([plugins], autoload=True)
    async with host:
        await host.call("emitter", "flood", {"count": 3_000}, timeout_s=WAIT_S)
        (lag,) = await host.events.lag("slow")
        assert lag.waiting == CREDIT + MAX_QUEUED
        assert lag.dropped == 3_000 - CREDIT - MAX_QUEUED
        await host.call("slow", "release")


async def test_a_thousand_emits_at_once_all_arrive_in_the_order_of_their_numbers(
    plugins: Path, write_plugin: Write
) -> None:
    host = PluginHost([plugins])
    got: list[int] = []
    done = anyio.Event()

    @host.on("tick")
    async def listen(data: int, event: Event) -> None:  # pyright: ignore[reportUnusedFunction]
        got.append(event.seq)
        if len(got) == 1_000:
            done.set()

    async with host, anyio.create_task_group() as tasks:
        for number in range(1_000):
            tasks.start_soon(host.emit, "tick", number)
        with anyio.fail_after(WAIT_S):
            await done.wait()
    assert got == sorted(set(got))


async def test_functions_of_the_embedding_program_hurt_nobody_when_they_fail(
    plugins: Path, caplog: pytest.LogCaptureFixture
) -> None:
    host = PluginHost([plugins])
    got: list[Any] = []
    done = anyio.Event()

    @host.on(["a.*", "b"])
    async def failing(data: Any) -> None:
        raise ValueError("on purpose")

    @host.on("a.*")
    def in_a_thread(data: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        got.append(data)
        anyio.from_thread.run_sync(done.set)

    for wrong in (lambda: None, lambda a, b, c: None):  # pyright: ignore[reportUnknownLambdaType, reportUnknownVariableType]
        with pytest.raises(InvalidParams, match="can't handle events"):
            host.on("a")(wrong)  # pyright: ignore[reportUnknownArgumentType]
    with pytest.raises(InvalidParams, match=r"topic: found 'a\.\.b'"):
        host.on("a..b")
    with pytest.raises(InvalidParams, match="allowed: one test of"):
        host.on("a", where={"x": {"matches": ".*"}, "y": {"contains": 1}})(failing)
    with pytest.raises(HostClosed):
        await host.emit("a.b", 1)
    async with host:
        await host.emit("a.b", 1)
        with anyio.fail_after(WAIT_S):
            await done.wait()
        host.events.off(failing)
        assert host.events.statistics().subscribers == 1
    assert got == [1]
    assert "failed to handle a.b" in caplog.text


async def test_state_changes_of_plugins_are_events_of_the_host(plugins: Path, write_plugin: Write) -> None:
    write_plugin("emitter", EMITTER)
    host = PluginHost([plugins])
    got: list[Any] = []
    done = anyio.Event()

    @host.on("plughost.plugin.active")
    async def active(data: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        got.append(data)
        done.set()

    async with host:
        await host.load("emitter")
        with anyio.fail_after(WAIT_S):
            await done.wait()
    assert got == [{"plugin": "emitter", "old": "loading", "new": "active", "reason": ""}]


async def test_big_events_for_a_slow_subscriber_are_bounded_by_their_bytes_too(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("slow", SLOW)
    host = PluginHost([plugins], autoload=True)
    async with host:
        for number in range(CREDIT):
            await host.emit("tick", number)
        for _ in range(50):
            await host.emit("tick", "x" * 1_000_000)
            await anyio.lowlevel.checkpoint()
        (subscriber,) = host._parts.events.router.subscribers.values()  # pyright: ignore[reportPrivateUsage]
        assert MAX_QUEUED_BYTES - 2_000_000 < subscriber.queued_bytes <= MAX_QUEUED_BYTES
        assert subscriber.dropped == 50 - MAX_QUEUED_BYTES // 1_000_100
        await host.call("slow", "release", timeout_s=WAIT_S)
