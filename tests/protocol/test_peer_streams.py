"""Streams between two real peers: order, credit, cancelling, errors."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from anyio.lowlevel import checkpoint

from protocol import errors
from protocol.credit import MAX_UNACKNOWLEDGED_BYTES, STREAM_CREDIT
from protocol.errors import RpcError
from tests.protocol.two_peers import (
    KINDS,
    beside_raw,
    connected,
    numbers,
    read_all,
    refused,
    streaming,
    until,
)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_stream_comes_whole_and_in_order(kind: str) -> None:
    async with connected(kind) as (left, right):
        right.handlers["numbers"] = streaming(lambda: numbers(1_000))
        reader = await left.open("numbers")
        assert await read_all(reader) == [*range(1_000)]
        assert await reader.next() is None
        assert left.peer.outgoing.in_flight == right.peer.incoming.in_flight == 0
        assert left.peer.outgoing._places.free == 64
        assert not left.faults
        assert not right.faults


async def test_an_empty_stream_ends_at_once() -> None:
    async with connected("pipes") as (left, right):
        right.handlers["numbers"] = streaming(lambda: numbers(0))
        assert await read_all(await left.open("numbers")) == []


async def test_a_producer_stops_at_its_credit_and_goes_on_with_more() -> None:
    async with connected("pipes") as (left, right):
        produced: list[int] = []

        async def counting() -> AsyncIterator[int]:
            async for n in numbers(200):
                produced.append(n)
                yield n

        right.handlers["numbers"] = streaming(counting)
        reader = await left.open("numbers")
        await until(lambda: len(produced) > STREAM_CREDIT)
        for _ in range(100):
            await checkpoint()
        # One more was made than may be sent: it is in the producer's hands.
        assert len(produced) == STREAM_CREDIT + 1
        assert len(reader._items) == STREAM_CREDIT
        assert await read_all(reader) == [*range(200)]


async def test_a_producer_stops_at_a_mebibyte_whatever_its_credit() -> None:
    async with connected("pipes") as (left, right):
        produced = 0
        item = "x" * 200_000

        async def heavy() -> AsyncIterator[str]:
            nonlocal produced
            for _ in range(30):
                produced += 1
                yield item

        right.handlers["heavy"] = streaming(heavy)
        reader = await left.open("heavy")
        fitting = MAX_UNACKNOWLEDGED_BYTES // 200_000 + 1
        await until(lambda: len(reader._items) == fitting)
        for _ in range(100):
            await checkpoint()
        assert produced == fitting + 1
        assert len(reader._items) == fitting
        assert await read_all(reader) == [item] * 30


async def test_closing_the_reader_cancels_the_producer() -> None:
    async with connected("pipes") as (left, right):
        closed = asyncio.Event()

        async def endless_numbers() -> AsyncIterator[int]:
            try:
                n = 0
                while True:
                    yield n
                    n += 1
            finally:
                closed.set()

        right.handlers["numbers"] = streaming(endless_numbers)
        reader = await left.open("numbers")
        assert await reader.next() == msgspec.Raw(b"0")
        reader.close()
        await closed.wait()
        await until(lambda: left.peer.outgoing.late == 1)
        assert left.peer.outgoing._places.free == 64
        assert not left.faults


async def test_a_producers_error_comes_behind_its_items() -> None:
    async with connected("pipes") as (left, right):

        async def broken() -> AsyncIterator[int]:
            yield 1
            raise RpcError(7, "midway", {"at": 1})

        right.handlers["broken"] = streaming(broken)
        reader = await left.open("broken")
        assert await reader.next() == msgspec.Raw(b"1")
        error = await refused(reader.next())
        assert (error.code, error.data) == (7, {"at": 1})
        assert left.peer.outgoing._places.free == 64


@pytest.mark.parametrize(
    ("item", "code", "text"),
    [
        (object(), errors.INVALID_RESULT, "an item of s can't be expressed"),
        ("x" * 10_000, errors.FRAME_TOO_LARGE, "the item of s has 10"),
    ],
)
async def test_an_item_that_can_not_be_sent_ends_the_stream(item: Any, code: int, text: str) -> None:
    options = {"max_frame_bytes": 5_000}
    async with connected("pipes", options, options) as (left, right):

        async def items() -> AsyncIterator[Any]:
            yield 1
            yield item

        right.handlers["s"] = streaming(items)
        reader = await left.open("s")
        assert await reader.next() == msgspec.Raw(b"1")
        error = await refused(reader.next())
        assert error.code == code
        assert text in error.message


async def test_a_stream_waits_while_the_other_side_does_not_read() -> None:
    async with beside_raw(max_buffered_bytes=100_000) as (side, raw):
        side.handlers["s"] = streaming(lambda: big_items())

        async def big_items() -> AsyncIterator[str]:
            for _ in range(10):
                yield "x" * 90_000

        await raw.send({"id": 1, "method": "s", "params": {"_meta": {"stream": {"credit": 64}}}})
        await until(lambda: side.peer.buffered > 100_000)
        assert side.peer.buffered < 250_000
        lines = [await raw.line() for _ in range(11)]
        assert [line["params"]["seq"] for line in lines[:-1]] == [*range(10)]
        assert lines[-1]["result"] is None


@pytest.mark.parametrize("seqs", [[1], [0, 0], [0, 2], [-1], [*range(STREAM_CREDIT + 1)]])
async def test_a_stream_out_of_order_or_credit_is_cut_off_as_a_fault(seqs: list[int]) -> None:
    async with beside_raw() as (side, raw):
        reader = await side.open("s")
        await raw.line()
        await raw.send(*({"method": "$/stream", "params": {"id": 1, "seq": seq, "item": 0}} for seq in seqs))
        assert (await raw.line())["method"] == "$/cancel"
        assert side.faults == ["stream_overrun"]
        for _ in seqs[:-1]:
            assert await reader.next() is not None
        assert (await refused(reader.next())).code == errors.STREAM_OVERRUN
        reader.close()
        assert side.peer.outgoing._places.free == 64


async def test_items_that_come_before_a_stream_that_waited_is_looked_at_are_not_lost() -> None:
    async with beside_raw(max_in_flight=1) as (side, raw):
        async with asyncio.TaskGroup() as tasks:
            call = tasks.create_task(side.call("first"))
            first = await raw.line()
            opening = tasks.create_task(side.open("items"))
            await until(lambda: side.peer.outgoing._places.queue)
            # The stream is sent where the first answer is taken; its id is the next one.
            item = {"method": "$/stream", "params": {"id": first["id"] + 1, "seq": 0, "item": 5}}
            await raw.send({"id": first["id"], "result": 1}, item, {"id": first["id"] + 1, "result": None})
            assert await call == 1
            assert await read_all(await opening) == [5]
        assert not side.faults
