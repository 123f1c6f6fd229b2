"""Frames that are larger than a pipe."""

import asyncio

import pytest

from protocol.pipe import BIG_READ_BYTES
from tests.protocol.two_peers import connected, echo

SMALL = {"text": "x" * 1_000}
BIG = {"text": "x" * (2 * BIG_READ_BYTES)}


@pytest.mark.parametrize("at_once", [1, 3])
async def test_each_way_says_once_that_it_moves_a_big_frame(at_once: int) -> None:
    grown: list[int] = []
    async with connected("pipes", {"grow": grown.append}) as (left, right):
        right.handlers["echo"] = echo
        assert await left.call("echo", SMALL) == SMALL
        assert not grown
        for _ in range(2):
            async with asyncio.TaskGroup() as tasks:
                calls = [tasks.create_task(left.call("echo", BIG)) for _ in range(at_once)]
            assert [call.result() for call in calls] == [BIG] * at_once
        assert len(set(grown)) == len(grown) == 2


async def test_only_the_way_that_moves_it_says_so() -> None:
    grown: list[int] = []
    async with connected("pipes", {"grow": grown.append}) as (left, right):
        right.handlers["swallow"] = lambda _inbound: asyncio.sleep(0, "done")
        assert await left.call("swallow", BIG) == "done"
        assert len(grown) == 1
