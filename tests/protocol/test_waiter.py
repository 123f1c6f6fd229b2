"""How a task waits for an answer: woken once, whenever the answer comes."""

import asyncio

import pytest

from protocol import errors
from protocol.errors import RpcError
from protocol.inbound import Inbound
from tests.protocol.two_peers import TIMEOUT_S, beside_raw, gone, refused, until


async def test_an_answer_that_comes_with_the_request_whose_handler_asks_for_it_is_not_lost() -> None:
    async with beside_raw() as (side, raw):

        async def relay(_inbound: Inbound) -> int:
            return int(await side.peer.outgoing.request("back", b"{}", timeout_s=TIMEOUT_S))

        side.handlers["relay"] = relay
        # In one read: the handler's first step asks, and its answer is there before a task takes over.
        await raw.send({"id": 7, "method": "relay"}, {"id": 1, "result": 5})
        assert (await raw.line())["method"] == "back"
        assert await raw.line() == {"jsonrpc": "2.0", "id": 7, "result": 5}


async def test_an_end_that_comes_before_a_task_takes_a_waiting_handler_over_ends_the_handler() -> None:
    async with beside_raw() as (side, raw):
        ended: list[str] = []

        async def relay(_inbound: Inbound) -> None:
            try:
                await side.peer.outgoing.request("back", b"{}", timeout_s=TIMEOUT_S)
            except RpcError as exc:
                ended.append(exc.message)
            except asyncio.CancelledError:
                ended.append("cancelled")
                raise

        def on_note(_method: str) -> None:
            side.peer.close(gone)

        side.handlers["relay"] = relay
        side.on_note = on_note
        await raw.send({"id": 7, "method": "relay"}, {"method": "note"})
        await until(lambda: ended)


async def test_a_task_that_is_cancelled_while_it_waits_gives_its_call_up() -> None:
    async with beside_raw() as (side, raw):
        async with asyncio.TaskGroup() as tasks:
            call = tasks.create_task(side.call("m"))
            request = await raw.line()
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
        assert await raw.line() == {"jsonrpc": "2.0", "method": "$/cancel", "params": {"id": request["id"]}}
        assert side.peer.outgoing.in_flight == 0


async def test_an_answer_and_a_cancellation_in_one_turn_are_one_outcome() -> None:
    async with beside_raw() as (side, raw):
        async with asyncio.TaskGroup() as tasks:
            call = tasks.create_task(side.call("m"))
            request = await raw.line()

            def on_note(_method: str) -> None:
                call.cancel()

            side.on_note = on_note
            await raw.send({"method": "note"}, {"id": request["id"], "result": 1})
            with pytest.raises(asyncio.CancelledError):
                await call
        assert side.peer.outgoing.in_flight == 0
        assert not side.faults


async def test_what_a_woken_task_does_at_once_comes_before_the_next_message_of_the_same_read() -> None:
    async with beside_raw() as (side, raw):
        heard: list[str] = []
        side.on_note = heard.append

        async def caller() -> None:
            await side.call("m")
            heard.append("answered")

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(caller())
            request = await raw.line()
            await raw.send({"id": request["id"], "result": 1}, {"method": "next"})
        await until(lambda: len(heard) == 2)
        assert heard == ["answered", "next"]


async def test_an_error_answer_is_raised_in_the_task() -> None:
    async with beside_raw() as (side, raw):
        async with asyncio.TaskGroup() as tasks:
            call = tasks.create_task(refused(side.call("m")))
            request = await raw.line()
            error = {"code": errors.PLUGIN_ERROR, "message": "no", "data": 3}
            await raw.send({"id": request["id"], "error": error})
        assert (call.result().message, call.result().data) == ("no", 3)
