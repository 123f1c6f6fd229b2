"""Cancelling between two peers: who is cancelled, when, and what is answered all the same."""

import asyncio
from contextvars import ContextVar
from typing import Any

import pytest

from protocol import errors
from protocol.incoming import Inbound
from protocol.waiter import DeadlinePassed
from tests.protocol.two_peers import KINDS, Gate, beside_raw, connected, echo, refused, until


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
