"""Two real peers, over a socket pair and over two pipes: requests, cancelling, progress."""

import asyncio
from contextvars import ContextVar
from typing import Any

import msgspec
import pytest
from anyio.lowlevel import checkpoint

from protocol import errors
from protocol.errors import RpcError
from protocol.incoming import Inbound
from protocol.messages.meta import Progress
from protocol.outgoing import DeadlinePassed
from tests.protocol.two_peers import (
    KINDS,
    TIMEOUT_S,
    Gate,
    beside_raw,
    connected,
    echo,
    refused,
    until,
)


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
async def test_a_cancelled_call_is_cancelled_on_the_other_side_too(kind: str) -> None:
    async with connected(kind) as (left, right):
        gate = right.handlers["gate"] = Gate()
        async with asyncio.TaskGroup() as tasks:
            call = tasks.create_task(left.call("gate"))
            await until(lambda: gate.entered)
            call.cancel()
        await until(lambda: gate.ended)
        assert gate.entered[0].cancelled
        await until(lambda: left.peer.outgoing.late == 1)
        assert right.peer.incoming.in_flight == 0
        assert not left.faults
        assert not right.faults


async def test_a_request_that_is_cancelled_in_the_read_that_brought_it_is_cancelled_at_its_first_wait() -> (
    None
):
    async with beside_raw() as (side, raw):
        gate = side.handlers["gate"] = Gate()
        await raw.send({"id": 1, "method": "gate"}, {"method": "$/cancel", "params": {"id": 1}})
        assert (await raw.line())["error"]["code"] == errors.CANCELLED
        assert gate.ended == len(gate.entered) == 1
        assert side.peer.incoming.in_flight == 0


async def test_many_requests_of_one_read_that_all_wait_are_served_and_cancelled_each_for_itself() -> None:
    async with beside_raw() as (side, raw):
        gate = side.handlers["gate"] = Gate()
        await raw.send(*({"id": n, "method": "gate"} for n in range(1, 6)))
        await until(lambda: len(gate.entered) == 5)
        await raw.send({"method": "$/cancel", "params": {"id": 3}})
        answer = await raw.line()
        assert (answer["id"], answer["error"]["code"]) == (3, errors.CANCELLED)
        gate.open.set()
        assert sorted([(await raw.line())["id"] for _ in range(4)]) == [1, 2, 4, 5]


async def test_a_timeout_and_a_context_variable_of_a_handler_belong_to_its_own_task() -> None:
    variable: ContextVar[str] = ContextVar("variable", default="unset")

    async def bounded(inbound: Inbound) -> str:
        before = asyncio.current_task()
        variable.set(str(inbound.id))
        try:
            async with asyncio.timeout(0.01):
                await asyncio.Event().wait()
        except TimeoutError:
            assert asyncio.current_task() is before
            return variable.get()
        return "no timeout"

    async with beside_raw() as (side, raw):
        side.handlers["bounded"] = bounded
        await raw.send({"id": 1, "method": "bounded"})
        assert (await raw.line())["result"] == "1"
        await raw.send({"id": 2, "method": "bounded"}, {"id": 3, "method": "bounded"})
        assert sorted([(await raw.line())["result"] for _ in range(2)]) == ["2", "3"]
        assert variable.get() == "unset"


async def test_a_request_that_is_cancelled_in_the_backlog_is_answered_and_never_served() -> None:
    async with beside_raw(max_in_flight=1) as (side, raw):
        gate = side.handlers["gate"] = Gate()
        await raw.send({"id": 1, "method": "gate"}, {"id": 2, "method": "gate"}, {"id": 3, "method": "gate"})
        await until(lambda: gate.entered)
        await raw.send({"method": "$/cancel", "params": {"id": 2}})
        answer = await raw.line()
        assert (answer["id"], answer["error"]["code"]) == (2, errors.CANCELLED)
        gate.open.set()
        assert [(await raw.line())["id"] for _ in range(2)] == [1, 3]
        assert [inbound.id for inbound in gate.entered] == [1, 3]


async def test_cancelling_twice_or_after_the_answer_does_nothing() -> None:
    async with beside_raw() as (side, raw):
        gate = side.handlers["gate"] = Gate()
        side.handlers["echo"] = echo
        await raw.send({"id": 1, "method": "gate"})
        await until(lambda: gate.entered)
        cancel = {"method": "$/cancel", "params": {"id": 1}}
        await raw.send(cancel, cancel)
        assert (await raw.line())["error"]["code"] == errors.CANCELLED
        await raw.send(cancel, {"id": 2, "method": "echo", "params": {}})
        assert (await raw.line())["id"] == 2
        assert not side.faults


async def test_a_handler_may_hear_of_the_cancel_and_answer_all_the_same() -> None:
    async with beside_raw() as (side, raw):
        heard: list[str] = []
        waiting = asyncio.Event()

        async def stubborn(inbound: Inbound) -> Any:
            inbound.on_cancel(lambda: heard.append("first"))
            try:
                waiting.set()
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                inbound.on_cancel(lambda: heard.append("at once"))
            return "done"

        side.handlers["stubborn"] = stubborn
        await raw.send({"id": 1, "method": "stubborn"})
        await waiting.wait()
        await raw.send({"method": "$/cancel", "params": {"id": 1}})
        assert (await raw.line())["result"] == "done"
        assert heard == ["first", "at once"]


async def test_a_failing_cancel_callback_does_not_keep_the_handler_from_being_cancelled() -> None:
    reports: list[dict[str, Any]] = []
    numbers_of_nobody: list[None] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: reports.append(context))
    async with beside_raw() as (side, raw):
        gate = Gate()

        async def handler(inbound: Inbound) -> Any:
            inbound.on_cancel(lambda: numbers_of_nobody[0])
            return await gate(inbound)

        side.handlers["gate"] = handler
        await raw.send({"id": 1, "method": "gate"})
        await until(lambda: gate.entered)
        await raw.send({"method": "$/cancel", "params": {"id": 1}})
        assert (await raw.line())["error"]["code"] == errors.CANCELLED
    assert isinstance(reports[0]["exception"], IndexError)
    asyncio.get_running_loop().set_exception_handler(None)


async def test_a_handler_that_was_cancelled_by_nobody_has_failed() -> None:
    async with beside_raw() as (side, raw):

        async def handler(inbound: Inbound) -> Any:
            raise asyncio.CancelledError

        side.handlers["own"] = handler
        side.handlers["echo"] = echo
        await raw.send({"id": 1, "method": "own"}, {"id": 2, "method": "echo", "params": {}})
        answer = await raw.line()
        assert (answer["id"], answer["error"]["message"]) == (1, "own raised CancelledError")
        assert (await raw.line())["id"] == 2


async def test_a_deadline_on_this_side_cancels_on_the_other() -> None:
    async with connected("pipes") as (left, right):
        gate = right.handlers["gate"] = Gate()
        error = await refused(left.call("gate", timeout_s=0.05))
        assert isinstance(error, DeadlinePassed)
        assert left.peer.outgoing.in_flight == 0
        await until(lambda: gate.ended or not gate.entered)
        await until(lambda: left.peer.outgoing.late == 1)
        assert not left.faults


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
