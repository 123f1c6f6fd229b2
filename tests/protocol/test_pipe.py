"""Bytes out of a real pipe: when they leave, in which order, and who waits for room."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator

import pytest
from anyio.lowlevel import checkpoint

from protocol.pipe import BIG_READ_BYTES, FLUSH_MESSAGES
from tests.protocol.wire import LOW_WATER_BYTES, Wire, until


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    one = Wire()
    yield one
    one.close()


async def test_a_lone_write_leaves_at_once(wire: Wire) -> None:
    wire.pipe.write(b"a\n", True)
    assert wire.sent() == b"a\n"
    assert wire.pipe.buffered == 0


async def test_other_writes_leave_together_at_the_end_of_the_turn(wire: Wire) -> None:
    wire.pipe.write(b"a")
    wire.pipe.write(b"b", True)
    assert wire.sent() == b""
    assert wire.pipe.buffered == 2
    await checkpoint()
    assert wire.sent() == b"ab"
    assert wire.pipe.buffered == 0


async def test_a_full_queue_does_not_wait_for_the_end_of_the_turn(wire: Wire) -> None:
    for _ in range(FLUSH_MESSAGES):
        wire.pipe.write(b"x")
    assert wire.sent() == b"x" * FLUSH_MESSAGES


async def test_partial_writes_keep_the_order_and_lose_nothing(wire: Wire) -> None:
    messages = [bytes([65 + i % 26]) * (1 + 7_919 * i % 300_000) for i in range(60)]
    for message in messages:
        wire.pipe.write(message, True)
    received = bytearray()

    def all_there() -> bool:
        received.extend(wire.sent())
        return len(received) == sum(map(len, messages))

    assert wire.pipe.buffered > 0
    await until(all_there)
    assert bytes(received) == b"".join(messages)
    assert wire.pipe.buffered == 0


async def test_what_is_written_while_a_big_frame_leaves_comes_behind_it(wire: Wire) -> None:
    big = b"a" * (4 * BIG_READ_BYTES)
    wire.pipe.write(big, True)
    received = bytearray()
    small = 0

    def all_there() -> bool:
        nonlocal small
        if small < 100:
            small += 1
            wire.pipe.write(b"b")
        received.extend(wire.sent())
        return len(received) == len(big) + 100

    await until(all_there)
    assert bytes(received) == big + b"b" * 100
    assert wire.pipe.buffered == 0


async def test_a_big_frame_that_leaves_whole_lets_the_next_ones_follow(wire: Wire) -> None:
    fcntl.fcntl(wire.far_read, fcntl.F_SETPIPE_SZ, 2 * BIG_READ_BYTES)
    wire.pipe.write(b"a" * BIG_READ_BYTES)
    wire.pipe.write(b"b")
    received = bytearray()

    def all_there() -> bool:
        received.extend(wire.sent())
        return len(received) == BIG_READ_BYTES + 1

    await until(all_there)
    assert received.endswith(b"ab")


async def test_drained_waits_until_the_other_side_has_read_most(wire: Wire) -> None:
    wire.pipe.write(b"x" * 500_000, True)
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(wire.pipe.drained())
        await checkpoint()
        assert not waiting.done()
        await until(lambda: (wire.swallow(), waiting.done())[1])
    assert wire.pipe.buffered <= LOW_WATER_BYTES


async def test_drained_returns_at_once_while_little_is_queued(wire: Wire) -> None:
    wire.pipe.write(b"x")
    await wire.pipe.drained()
    assert wire.pipe.buffered == 1


async def test_drained_ends_when_the_reader_closes(wire: Wire) -> None:
    wire.pipe.write(b"x" * 500_000, True)
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        tasks.create_task(wire.pipe.drained())
        await checkpoint()
        os.close(wire.far_read)
        wire.far_read = -1
    assert wire.pipe.broken


async def test_a_cancelled_wait_for_room_disturbs_nobody(wire: Wire) -> None:
    wire.pipe.write(b"x" * 500_000, True)
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        one = tasks.create_task(wire.pipe.drained())
        other = tasks.create_task(wire.pipe.drained())
        await checkpoint()
        one.cancel()
        await until(lambda: (wire.swallow(), other.done())[1])
    assert one.cancelled()
