"""Two real peers, over a socket pair and over two pipes: requests, notifications, progress."""

import asyncio
from typing import Any

import msgspec
import pytest
from anyio.lowlevel import checkpoint

from protocol import errors
from protocol.errors import RpcError
from protocol.incoming import Inbound
from protocol.messages.meta import Progress
from tests.protocol.two_peers import KINDS, TIMEOUT_S, beside_raw, connected, echo, refused, until


@pytest.mark.parametrize("kind", KINDS)
async def test_requests_go_both_ways(kind: str) -> None:
    async with connected(kind) as (left, right):
        left.handlers["echo"] = right.handlers["echo"] = echo
        assert await left.call("echo", {"a": 1}) == {"a": 1}
        assert await right.call("echo", {"b": 2}) == {"b": 2}
        assert left.peer.incoming.served == right.peer.incoming.served == 1
        assert left.peer.outgoing.last_method == "echo"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_handler_may_call_back(kind: str) -> None:
    async with connected(kind) as (left, right):

        async def ask(inbound: Inbound) -> Any:
            return await right.call("echo", {"n": 1})

        left.handlers["echo"] = echo
        right.handlers["ask"] = ask
        assert await left.call("ask") == {"n": 1}


@pytest.mark.parametrize("kind", KINDS)
async def test_many_requests_at_once_each_get_their_own_answer(kind: str) -> None:
    async with connected(kind) as (left, right):

        async def reverse(inbound: Inbound) -> Any:
            number = msgspec.json.decode(inbound.params)["n"]
            for _ in range(number % 7):
                await checkpoint()
            return number

        left.handlers["reverse"] = right.handlers["reverse"] = reverse
        async with asyncio.TaskGroup() as tasks:
            calls = [
                (n, tasks.create_task(side.call("reverse", {"n": n})))
                for n in range(300)
                for side in (left, right)
            ]
        assert [call.result() for _, call in calls] == [n for n, _ in calls]
        assert left.peer.outgoing.in_flight == left.peer.incoming.in_flight == 0
        assert left.peer.outgoing.unanswered() == []


@pytest.mark.parametrize("kind", KINDS)
async def test_a_big_request_and_a_big_answer_come_through(kind: str) -> None:
    async with connected(kind) as (left, right):
        right.handlers["echo"] = echo
        text = {"text": "x" * 3_000_000}
        assert await left.call("echo", text) == text


async def test_a_meta_less_peer_is_sent_none() -> None:
    async with beside_raw() as (side, raw):
        async with asyncio.TaskGroup() as tasks:
            side.peer.outgoing.sends_meta = False
            call = tasks.create_task(side.call("a", {"x": 1}))
            assert (await raw.line())["params"] == {"x": 1}
            await raw.send({"id": 1, "result": 5})
        assert call.result() == 5


async def test_the_budget_and_further_meta_ride_along_but_not_in_arrays() -> None:
    async with beside_raw() as (side, raw):
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(side.call("a", {"x": 1}, meta=b',"traceparent":"t"'))
            meta = (await raw.line())["params"]["_meta"]
            tasks.create_task(side.call("b", [1]))
            assert (await raw.line())["params"] == [1]
            await raw.send({"id": 1, "result": 5}, {"id": 2, "result": 5})
        assert meta.pop("deadline_ms") <= TIMEOUT_S * 1_000
        assert meta == {"traceparent": "t"}


@pytest.mark.parametrize("kind", KINDS)
async def test_an_error_crosses_with_code_message_and_data(kind: str) -> None:
    async with connected(kind) as (left, right):

        async def fail(inbound: Inbound) -> Any:
            raise RpcError(4711, "on purpose", {"why": [1]})

        right.handlers["fail"] = fail
        error = await refused(left.call("fail"))
        assert (error.code, error.message, error.data) == (4711, "on purpose", {"why": [1]})


@pytest.mark.parametrize(
    "answer",
    [{}, {"error": 5}, {"error": {"code": "x"}}, {"error": None}],
)
async def test_an_answer_that_is_none_fails_its_call_only(answer: dict[str, Any]) -> None:
    async with beside_raw() as (side, raw):
        async with asyncio.TaskGroup() as tasks:
            bad = tasks.create_task(refused(side.call("a")))
            good = tasks.create_task(side.call("b"))
            await raw.send({"id": 1} | answer, {"id": 2, "result": 1})
        assert bad.result().code == errors.PROTOCOL_FAULT
        assert good.result() == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_notifications_arrive_in_order(kind: str) -> None:
    async with connected(kind) as (left, right):
        for n in range(50):
            assert left.peer.notify(f"note{n}", b"" if n == 0 else b"[%d]" % n)
        await until(lambda: len(right.notifications) == 50)
        assert right.notifications == [(f"note{n}", b"{}" if n == 0 else b"[%d]" % n) for n in range(50)]


async def test_a_notification_longer_than_a_frame_is_dropped() -> None:
    async with connected("pipes", {"max_frame_bytes": 1_000}) as (left, right):
        assert not left.peer.notify("big", b'"' + b"x" * 1_000 + b'"')
        assert left.peer.notify("small", b"{}")
        await until(lambda: right.notifications)
        assert right.notifications == [("small", b"{}")]


@pytest.mark.parametrize("kind", KINDS)
async def test_progress_reaches_the_caller(kind: str) -> None:
    async with connected(kind) as (left, right):
        inbounds: list[Inbound] = []

        async def work(inbound: Inbound) -> Any:
            inbounds.append(inbound)
            inbound.progress("half", 0.5)
            inbound.progress()

        right.handlers["work"] = work
        seen: list[Progress] = []
        await left.call("work", on_progress=seen.append)
        assert [(progress.message, progress.done) for progress in seen] == [("half", 0.5), ("", None)]
        assert inbounds[0].finished
        inbounds[0].progress("after the answer")
        right.peer.notify("last", b"")
        await until(lambda: left.notifications)
        assert len(seen) == 2
        assert left.peer.outgoing.life_signs == 3
