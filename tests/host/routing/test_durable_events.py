"""Durable events, through real plugin processes: none is lost, whoever dies."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest

from host import DiskFull, InvalidParams, PluginHost
from host.routing.event_delivery import MAX_BATCH
from host.routing.event_log_keeper import EventLogKeeper
from host.state.event_log import LoggedEvent, after
from host.timing import Timing
from tests.host.routing.heard import Heard, until_true

Write = Callable[..., Path]
Until = Callable[..., Awaitable[Any]]
WAIT_S = 20.0

COUNTER = """
import os
from plugin_sdk import Event, on

class Counter(Plugin):
    @on("order.*", durable=True)
    async def orders(self, data: Any, event: Event):
        if data == "poison":
            raise ValueError("no thanks")
        if data == "deadly" and await self.host.test.first():
            os._exit(7)
        if data == "silent" and await self.host.test.first():
            import asyncio
            await asyncio.sleep(3600)
        await self.host.test.heard(kind=event.topic, data=data)
"""


def make(plugins: Path, data: Path, **options: Any) -> tuple[PluginHost, Heard]:
    host = PluginHost([plugins], data=data, **options)
    heard = Heard(host)
    seen: list[int] = []

    @host.api("test.first")
    async def first() -> bool:  # pyright: ignore[reportUnusedFunction]
        seen.append(1)
        return len(seen) == 1

    return host, heard


def log_of(host: PluginHost) -> EventLogKeeper:
    return host._parts.events.log  # pyright: ignore[reportPrivateUsage]


SOON = Timing(event_retries_s=(0.3,) * 5)
"""Failed events are tried again sooner: five times, as in production."""


@asynccontextmanager
async def running(host: PluginHost, plugin: str) -> AsyncGenerator[None]:
    async with host:
        await host.load(plugin)
        yield


async def until_lag(host: PluginHost, waiting: int) -> None:
    """Wait until the durable subscription has so many events before it."""

    async def there() -> bool:
        return [one.waiting for one in await host.events.lag("counter") if one.durable] == [waiting]

    await until_true(there)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


async def test_events_come_in_order_and_those_of_the_time_when_nothing_ran_come_later(
    plugins: Path, data: Path, write_plugin: Write
) -> None:
    write_plugin("counter", COUNTER)
    host, heard = make(plugins, data)
    async with running(host, "counter"):
        for number in range(200):
            await host.emit("order.paid", number)
        assert await heard.until(200) == [("order.paid", number) for number in range(200)]
        await host.unload("counter")
        await host.emit("order.paid", "down")
        await host.emit("other", "nobody wants it")
        assert [(one.waiting, one.running) for one in await host.events.lag("counter")] == [(1, False)]
    host, heard = make(plugins, data)
    async with host:
        await host.emit("order.late", "not loaded yet")
        await host.load("counter")
        assert await heard.until(2) == [("order.paid", "down"), ("order.late", "not loaded yet")]
        await until_lag(host, 0)


async def test_a_subscriber_that_dies_between_delivery_and_answer_gets_the_event_again(
    plugins: Path, data: Path, write_plugin: Write
) -> None:
    write_plugin("counter", COUNTER)
    host, heard = make(plugins, data)
    async with running(host, "counter"):
        for one in ("before", "deadly", "after"):
            await host.emit("order.paid", one)
        found = await heard.until(3)
        with anyio.fail_after(WAIT_S):
            while [one for _, one in found][-1] != "after":
                found = await heard.until(len(found) + 1)
        await until_lag(host, 0)
        listed = [one for _, one in found]
        assert [one for one in listed if one != "before"] == ["deadly", "after"]
        assert 1 <= listed.count("before") <= 2, "at least once, and twice at most: it was in the batch"


async def test_a_subscriber_that_never_answers_is_asked_again(
    plugins: Path, data: Path, write_plugin: Write
) -> None:
    write_plugin("counter", COUNTER)
    host, heard = make(plugins, data, timing=Timing(events_s=1.0, event_retries_s=(0.3,) * 5))
    async with running(host, "counter"):
        await host.emit("order.paid", "silent")
        await host.emit("order.paid", "next")
        assert await heard.until(2) == [("order.paid", "silent"), ("order.paid", "next")]


async def test_an_event_that_fails_every_try_is_a_dead_letter_and_can_be_tried_again(
    plugins: Path, data: Path, write_plugin: Write
) -> None:
    write_plugin("counter", COUNTER)
    host, heard = make(plugins, data, timing=SOON)
    async with running(host, "counter"):
        await host.emit("order.paid", "good")
        seq = await host.emit("order.paid", "poison")
        await host.emit("order.paid", "behind")
        assert await heard.until(2) == [("order.paid", "good"), ("order.paid", "behind")]
        (letter,) = await host.events.dead_letters()
        assert (letter.plugin, letter.subscription, letter.seq, letter.data) == (
            "counter",
            "orders",
            seq,
            "poison",
        )
        assert letter.error == "ValueError: no thanks"
        assert host.events.statistics().dead == 1
        assert await host.events.redrive("counter", [letter.id + 1]) == 0
        assert await host.events.redrive("counter") == 1

        async def tried() -> bool:
            return not (await host.events.dead_letters("counter"))[0].tries_again

        await until_true(tried)
        (again,) = await host.events.dead_letters("counter")
        assert again.failed_s > letter.failed_s
        await host.unload("counter")
        write_plugin("counter", COUNTER.replace('"poison"', '"nothing"'))
        await host.events.redrive("counter", [letter.id])
        await host.load("counter")
        assert (await heard.until(3))[-1] == ("order.paid", "poison")

        async def none_left() -> bool:
            return not await host.events.dead_letters("counter")

        await until_true(none_left)


async def test_events_are_replayed_from_a_number_and_from_a_time(
    plugins: Path, data: Path, write_plugin: Write
) -> None:
    write_plugin("counter", COUNTER)
    host, heard = make(plugins, data)
    async with running(host, "counter"):
        numbers = [await host.emit("order.paid", one) for one in range(3)]
        await heard.until(3)
        await until_lag(host, 0)
        await host.events.replay("counter", "orders", since=numbers[0])
        assert [one for _, one in await heard.until(5)] == [0, 1, 2, 1, 2]
        await until_lag(host, 0)
        await host.events.replay("counter", "orders", since=0.0)
        assert [one for _, one in await heard.until(8)] == [0, 1, 2, 1, 2, 0, 1, 2]
        with pytest.raises(InvalidParams, match="no durable subscription 'other'; it has orders"):
            await host.events.replay("counter", "other", since=0)


async def test_what_becomes_too_old_is_lost_and_said(
    plugins: Path, data: Path, write_plugin: Write, caplog: pytest.LogCaptureFixture
) -> None:
    write_plugin("counter", COUNTER)
    host, heard = make(plugins, data)
    async with running(host, "counter"):
        await host.unload("counter")
        for number in range(5):
            await host.emit("order.paid", number)
        log = log_of(host)
        assert await log.retire() == 0
        log._keep_s = -60.0  # pyright: ignore[reportPrivateUsage]
        assert await log.retire() == 5
        (lag,) = await host.events.lag("counter")
        assert (lag.waiting, lag.dropped) == (0, 5)
        assert "5 events became too old before orders handled them" in caplog.text
        log._keep_s = 60.0  # pyright: ignore[reportPrivateUsage]
        await host.emit("order.paid", "new")
        await host.load("counter")
        assert await heard.until(1) == [("order.paid", "new")]


async def test_more_than_the_log_may_hold_is_deleted_from_its_old_end(
    plugins: Path, data: Path, write_plugin: Write
) -> None:
    write_plugin("counter", COUNTER)
    host, _ = make(plugins, data)
    async with running(host, "counter"):
        await host.unload("counter")
        log = log_of(host)
        log._keep_bytes = 2_000_000  # pyright: ignore[reportPrivateUsage]
        async with anyio.create_task_group() as tasks:
            for _ in range(2_000):
                tasks.start_soon(host.emit, "order.paid", "x" * 2_000)
        lost = await log.retire()
        (lag,) = await host.events.lag("counter")
        assert lost > 0
        assert (lag.waiting, lag.dropped) == (2_000 - lost, lost)
        assert await log.retire() == 0


async def test_a_subscription_that_is_no_longer_declared_is_forgotten_and_one_can_be_forgotten(
    plugins: Path, data: Path, write_plugin: Write
) -> None:
    write_plugin("counter", COUNTER)
    host, heard = make(plugins, data)
    async with running(host, "counter"):
        await host.unload("counter")
        assert await host.events.forget("counter", "orders") == 1
        await host.emit("order.paid", "forgotten")
        await host.load("counter")
        await host.emit("order.paid", "known")
        assert await heard.until(1) == [("order.paid", "known")]
        await host.unload("counter")
        write_plugin("counter", COUNTER.replace("durable=True", "durable=False"))
        await host.load("counter")
        assert [one.durable for one in await host.events.lag("counter")] == [False]


async def test_more_than_a_batch_goes_out_in_batches_and_big_events_do_too(
    plugins: Path, data: Path, write_plugin: Write
) -> None:
    write_plugin("counter", COUNTER.replace("data=data", "data=len(data)"))
    host, heard = make(plugins, data)
    async with running(host, "counter"):
        await host.unload("counter")
        for _ in range(3 * MAX_BATCH):
            await host.emit("order.paid", "x")
        for _ in range(24):
            await host.emit("order.big", "x" * 900_000)
        await host.load("counter")
        found = await heard.until(3 * MAX_BATCH + 24)
        assert [one for _, one in found] == [1] * 3 * MAX_BATCH + [900_000] * 24


async def test_a_subscription_made_while_the_plugin_runs_is_remembered_until_it_is_ended(
    plugins: Path, data: Path, write_plugin: Write
) -> None:
    write_plugin(
        "counter",
        """
        class Counter(Plugin):
            async def on_load(self):
                await self.events.on("order.*", self.orders, durable=True)

            async def orders(self, data: Any):
                await self.host.test.heard(kind="order", data=data)

            @method
            async def end(self):
                await self.events.off(self.orders)
        """,
    )
    host, heard = make(plugins, data)
    async with running(host, "counter"):
        await host.emit("order.paid", 1)
        await heard.until(1)
        await host.unload("counter")
        await host.emit("order.paid", 2)
        await host.load("counter")
        assert await heard.until(2) == [("order", 1), ("order", 2)]
        await host.call("counter", "end")
        assert await host.events.forget("counter") == 0


ODD = """
import json
import sys

for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message:
        continue
    method, result = message["method"], {}
    if method == "plugin.initialize":
        subscription = {"name": "odd", "topics": ["order.*"], "durable": True}
        result = {"protocol_version": 1, "provides": {"subscriptions": [subscription]}}
    elif method == "plugin.events":
        result = json.loads(sys.argv[1])
    print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
"""


@pytest.mark.parametrize(
    "answer",
    [
        {"handled": 9_999_999},
        {"handled": 9_999_999, "error": "x"},
        {"handled": 0},
        {"handled": "x"},
        [],
        {"handled": -1},
    ],
)
async def test_an_odd_answer_is_a_failed_try_and_never_moves_the_subscription(
    plugins: Path, data: Path, answer: Any
) -> None:
    folder = plugins / "odd"
    folder.mkdir()
    (folder / "main.py").write_text(ODD)
    text = msgspec.json.encode(answer).decode()
    command = msgspec.json.encode(["python3", "main.py", text]).decode()
    (folder / "plugin.toml").write_text(f'id = "odd"\nversion = "1.0.0"\ncommand = {command}\n')
    host, _ = make(plugins, data, timing=Timing(event_retries_s=()))
    async with running(host, "odd"):
        await host.emit("order.paid", 1)
        await until_true(host.events.dead_letters)
        (letter,) = await host.events.dead_letters("odd")
        assert "answer" in letter.error or "did not say why" in letter.error


async def test_a_full_disk_fails_the_durable_emit_and_nobody_hears_of_it(
    plugins: Path, data: Path, write_plugin: Write
) -> None:
    write_plugin("counter", COUNTER)
    host, heard = make(plugins, data)
    got: list[Any] = []

    @host.on("order.paid")
    async def listen(data: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        got.append(data)

    async with running(host, "counter"):
        await host.emit("order.paid", "before")
        await heard.until(1)
        await until_lag(host, 0)
        database = log_of(host).database
        pages = await database.write(lambda one: one.execute("PRAGMA page_count").fetchone()[0])
        await database.write(lambda one: one.execute(f"PRAGMA max_page_count = {pages}").fetchone())
        with pytest.raises(DiskFull, match=r"events\.db"):
            await host.emit("order.paid", "x" * 500_000)
        await host.emit("other", "the host lives")
        await database.write(lambda one: one.execute("PRAGMA max_page_count = 100000").fetchone())
        await host.emit("order.paid", "after")
        assert await heard.until(2) == [("order.paid", "before"), ("order.paid", "after")]
    assert got == ["before", "after"]


async def test_dead_letters_never_push_out_events_that_are_still_wanted(
    plugins: Path, data: Path, write_plugin: Write, caplog: pytest.LogCaptureFixture
) -> None:
    write_plugin("counter", COUNTER)
    host, _ = make(plugins, data)
    async with running(host, "counter"):
        await host.unload("counter")
        log = log_of(host)
        (delivery,) = log.deliveries.values()
        for number in range(1, 31):
            await log.bury(delivery, LoggedEvent(number, "order.paid", b'"%b"' % (b"x" * 100_000), 1.0), "no")
        for number in range(5):
            await host.emit("order.paid", number)
        log._keep_bytes = 1_500_000  # pyright: ignore[reportPrivateUsage]
        assert await log.retire() == 0
        assert (await host.events.lag("counter"))[0].waiting == 5
        assert 0 < len(await host.events.dead_letters("counter")) < 30
        assert "dead letters were deleted" in caplog.text


async def test_of_big_events_no_more_is_read_at_once_than_is_handed_out(
    plugins: Path, data: Path, write_plugin: Write
) -> None:
    write_plugin("counter", COUNTER)
    host, _ = make(plugins, data)
    async with running(host, "counter"):
        await host.unload("counter")
        for _ in range(20):
            await host.emit("order.paid", "x" * 1_000_000)
        found = await log_of(host).database.read(lambda connection: after(connection, -1, 1_000))
        assert 4 <= len(found) <= 5
        assert [one.seq for one in found] == sorted(one.seq for one in found)
