"""What durable events may hold, and what becomes of those that are too old, too many or too big."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from host import DiskFull, PluginHost
from host.routing.event_delivery import MAX_BATCH
from host.routing.event_log_keeper import EventLogKeeper
from host.state.event_log import LoggedEvent, after
from tests.host.routing.durable_events.counter import COUNTER, make, running, until_lag

Write = Callable[..., Path]


def log_of(host: PluginHost) -> EventLogKeeper:
    return host._parts.events.log  # pyright: ignore[reportPrivateUsage]


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
