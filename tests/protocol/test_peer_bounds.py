"""The bounds of a connection, and its end."""

import asyncio
import json
import socket

import pytest
from anyio.lowlevel import checkpoint

from protocol import errors
from protocol.admission import MAX_WAITING
from tests.protocol.two_peers import (
    KINDS,
    Gate,
    Raw,
    Side,
    beside_raw,
    connected,
    echo,
    gone,
    refused,
    until,
)


async def test_64_are_in_flight_then_calls_wait_then_they_are_refused() -> None:
    async with connected("pipes") as (left, right):
        gate = right.handlers["gate"] = Gate()
        async with asyncio.TaskGroup() as tasks:
            calls = [tasks.create_task(left.call("gate")) for _ in range(64 + MAX_WAITING)]
            await until(lambda: len(gate.entered) == 64)
            assert left.peer.outgoing.in_flight == 64
            error = await refused(left.call("gate"))
            assert error.code == errors.OVERLOADED
            assert len(gate.entered) == 64
            gate.open.set()
        assert {call.result() for call in calls} == {"gate"}
        assert left.peer.outgoing.in_flight == right.peer.incoming.in_flight == 0


async def test_64_are_served_then_requests_wait_then_they_are_refused_and_pings_pass() -> None:
    async with beside_raw(unbounded=frozenset({"ping"})) as (side, raw):
        gate = side.handlers["gate"] = Gate()
        side.handlers["ping"] = echo
        await raw.send(*({"id": n, "method": "gate"} for n in range(64 + MAX_WAITING + 1)))
        refusal = await raw.line()
        assert (refusal["id"], refusal["error"]["code"]) == (64 + MAX_WAITING, errors.OVERLOADED)
        assert side.peer.incoming.in_flight == len(gate.entered) == 64
        await raw.send({"id": "p", "method": "ping", "params": {}})
        assert (await raw.line())["id"] == "p"
        assert len(side.peer.incoming.under_way()) == 64 + MAX_WAITING
        gate.open.set()
        assert [(await raw.line())["id"] for _ in range(64 + MAX_WAITING)] == [*range(64 + MAX_WAITING)]


async def test_a_ping_passes_calls_that_wait_for_a_place() -> None:
    async with connected("pipes", {"max_in_flight": 1}) as (left, right):
        gate = right.handlers["gate"] = Gate()
        right.handlers["echo"] = echo
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(left.call("gate"))
            await until(lambda: gate.entered)
            assert await left.call("echo", {"p": 1}, bounded=False) == {"p": 1}
            gate.open.set()


async def test_a_backlog_of_big_requests_stops_the_reading_until_it_is_worked_off() -> None:
    async with connected(
        "pipes", {"max_in_flight": 50}, {"max_in_flight": 1, "max_buffered_bytes": 500_000}
    ) as (
        left,
        right,
    ):
        gate = right.handlers["gate"] = Gate()
        async with asyncio.TaskGroup() as tasks:
            for _ in range(30):
                tasks.create_task(left.call("gate", {"a": "x" * 100_000}))
            await until(lambda: right.peer.incoming._held_bytes > 500_000)
            for _ in range(50):
                await checkpoint()
            assert right.peer.incoming._held_bytes < 900_000
            assert left.peer.buffered > 1_000_000
            gate.open.set()
        assert right.peer.incoming._held_bytes == 0


async def test_a_peer_that_never_reads_makes_callers_wait_under_their_deadline() -> None:
    async with beside_raw(max_buffered_bytes=300_000) as (side, _raw):
        async with asyncio.TaskGroup() as tasks:
            for _ in range(20):
                tasks.create_task(refused(side.call("a", {"a": "x" * 100_000}, timeout_s=0.3)))
                await checkpoint()
            assert side.peer.buffered < 500_000
            opening = tasks.create_task(
                refused(side.peer.outgoing.open_stream("s", b"{}", timeout_s=0.2, idle_s=0.2))
            )
        assert opening.result().code == errors.DEADLINE_EXCEEDED
        assert not side.peer.notify("note", b"{}")
        assert side.peer.outgoing._places.free == 64


async def test_a_peer_that_never_reads_can_not_fill_us_with_answers() -> None:
    async with beside_raw(max_buffered_bytes=100_000, max_in_flight=2) as (side, raw):
        side.handlers["big"] = lambda _inbound: asyncio.sleep(0, "x" * 60_000)
        for n in range(40):
            await raw.send({"id": n, "method": "big"}, b"{", {"id": None, "method": "big"})
        await until(lambda: side.faults.count("invalid_id") == 40)
        assert side.peer.buffered < 300_000
        await raw.send({"method": "$/cancel", "params": {"id": 0}})
        answered: set[int] = set()
        while len(answered) < 40:
            answer = await raw.line()
            if answer["id"] is not None:
                answered.add(answer["id"])
        assert answered == {*range(40)}


async def test_a_cancel_while_the_answer_waits_for_room_is_answered_all_the_same() -> None:
    async with beside_raw(max_buffered_bytes=100_000) as (side, raw):
        side.handlers["big"] = lambda _inbound: asyncio.sleep(0, "x" * 500_000)
        await raw.send({"id": 1, "method": "big"}, {"id": 2, "method": "big"})
        await until(lambda: side.peer.incoming.in_flight == 1)
        await raw.send({"method": "$/cancel", "params": {"id": 2}})
        await until(lambda: side.peer.incoming.in_flight == 0)
        assert "result" in await raw.line()
        assert (await raw.line())["error"]["code"] == errors.CANCELLED


async def test_drained_waits_for_the_other_side_to_read() -> None:
    async with beside_raw(max_buffered_bytes=100_000) as (side, raw):
        assert side.peer.notify("note", json.dumps({"a": "x" * 800_000}).encode())
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(side.peer.drained())
            assert (await raw.line())["method"] == "note"
        assert side.peer.buffered <= 50_000


@pytest.mark.parametrize("kind", KINDS)
async def test_closing_fails_every_waiter_with_an_error_of_its_own(kind: str) -> None:
    async with connected(kind, {"max_in_flight": 2}) as (left, right):
        gate = right.handlers["gate"] = right.handlers["s"] = Gate()
        async with asyncio.TaskGroup() as tasks:
            calls = [tasks.create_task(refused(left.call("gate"))) for _ in range(5)]
            await until(lambda: len(gate.entered) == 2)
            left.peer.close(gone)
            left.peer.close(gone)
        errors_seen = [call.result() for call in calls]
        assert {error.code for error in errors_seen} == {errors.PLUGIN_DIED}
        assert len({id(error) for error in errors_seen}) == 5
        assert (await refused(left.call("gate"))).code == errors.PLUGIN_DIED
        assert not left.peer.notify("note", b"{}")
        await until(lambda: right.ends)
        assert right.ends == 1
        assert left.ends == 0


async def test_closing_ends_open_streams() -> None:
    async with connected("pipes") as (left, right):
        right.handlers["s"] = Gate()
        reader, unread = await left.open("s"), await left.open("s")
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(refused(reader.next()))
            await checkpoint()
            left.peer.close(gone)
        assert waiting.result().code == errors.PLUGIN_DIED
        reader.close()
        unread.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_the_other_sides_end_is_told_once(kind: str) -> None:
    async with connected(kind) as (left, right):
        left.peer.close(gone)
        await until(lambda: right.ends)
        right.peer.notify("into the void", b"{}")
        for _ in range(5):
            await checkpoint()
        assert right.ends == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_closing_the_writing_side_is_an_end_and_answers_still_come(kind: str) -> None:
    async with connected(kind) as (left, right):
        left.peer.close_writing()
        await until(lambda: right.ends)
        right.peer.notify("note", b"{}")
        await until(lambda: left.notifications)
        assert left.ends == 0


async def test_closing_cancels_the_handlers_at_work_and_those_that_wait() -> None:
    async with beside_raw(max_in_flight=1) as (side, raw):
        gate = side.handlers["gate"] = Gate()
        await raw.send({"id": 1, "method": "gate"}, {"id": 2, "method": "gate"})
        await until(lambda: gate.entered)
        side.peer.close(gone)
    assert gate.ended == len(gate.entered) == 1
    assert gate.entered[0].cancelled


async def test_a_request_that_came_in_behind_the_end_is_not_served() -> None:
    async with beside_raw() as (side, raw):
        gate = side.handlers["gate"] = Gate()
        side.on_note = lambda _method: side.peer.close(gone)
        await raw.send({"id": 1, "method": "gate"}, {"method": "note"}, {"id": 2, "method": "gate"})
        await until(lambda: side.notifications)
    assert [inbound.id for inbound in gate.entered] == [1]
    assert gate.ended == 1


async def test_a_connection_whose_task_is_cancelled_cancels_its_handlers() -> None:
    near, far = socket.socketpair()
    fd = near.detach()
    side = Side(fd, fd)
    gate = side.handlers["gate"] = Gate()
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(side.peer.run())
        await Raw(far).send({"id": 1, "method": "gate"})
        await until(lambda: gate.entered)
        running.cancel()
    assert gate.ended == 1
    side.peer.close(gone)
    far.close()
