"""A peer that polls, beside a thread that answers: what polling takes part in, and whom it leaves alone."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest

from protocol import errors, polling
from protocol.polling import CALLS_PER_REST, Lingering, Method, Polling
from tests.protocol.two_peers import TIMEOUT_S, Gate, Side, beside_raw, echo, gone, read_all, refused, until


class Spy(Polling):
    """Notes what was polled for."""

    def __init__(self) -> None:
        super().__init__(enabled=True)
        self.polled: list[bytes] = []

    def waited(self, method: Method, took_s: float, answered: bool) -> None:
        self.polled.append(method.name)
        super().waited(method, took_s, answered)


def spy(side: Side) -> Spy:
    one = side.peer.outgoing.polling
    assert isinstance(one, Spy)
    return one


Answer = Callable[[dict[str, Any]], list[dict[str, Any]]]
"""From a message to what is sent upon it."""


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Polling that does not give up before the other side's thread had its turn, on a busy machine too."""
    monkeypatch.setattr(polling, "BUDGET_S", 5.0)
    monkeypatch.setattr(polling, "HELD_S", 1_000.0)
    monkeypatch.setattr(polling, "BUSY_TURN_S", 1_000.0)


@asynccontextmanager
async def beside_thread(answer: Answer, **options: Any) -> AsyncGenerator[Side]:
    near, far = socket.socketpair()
    fd = near.detach()

    def serve() -> None:
        with far, far.makefile("rb") as lines:
            for line in lines:
                messages = answer(json.loads(line))
                if messages == [{}]:
                    return
                texts = [json.dumps({"jsonrpc": "2.0"} | message) + "\n" for message in messages]
                far.sendall("".join(texts).encode())

    thread = threading.Thread(target=serve)
    thread.start()
    side = Side(fd, fd, polling=Polling(enabled=True), **options)
    try:
        async with asyncio.timeout(TIMEOUT_S), asyncio.TaskGroup() as tasks:
            tasks.create_task(side.peer.run())
            await asyncio.sleep(0)
            try:
                yield side
            finally:
                side.peer.close(gone)
    finally:
        await asyncio.to_thread(thread.join, TIMEOUT_S)
        assert not thread.is_alive()


def answered(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"id": message["id"], "result": message["params"]}] if "id" in message else []


async def test_the_answer_to_a_lone_call_is_taken_without_a_turn_of_the_loop() -> None:
    async with beside_thread(answered) as side:
        turned: list[int] = []
        asyncio.get_running_loop().call_soon(turned.append, 1)
        assert await side.call("m", {"p": 1}) == {"p": 1}
        assert not turned
        assert side.peer.outgoing.in_flight == side.peer.outgoing.polling.in_flight == 0


async def test_an_error_is_taken_as_well() -> None:
    error = {"code": errors.PLUGIN_ERROR, "message": "no"}
    async with beside_thread(lambda message: [{"id": message["id"], "error": error}]) as side:
        assert (await refused(side.call("m"))).message == "no"


async def test_neighbours_get_their_turns_however_many_calls_follow_each_other() -> None:
    async with beside_thread(answered) as side:
        turns = 0

        async def neighbour() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        async with asyncio.TaskGroup() as tasks:
            other = tasks.create_task(neighbour())
            for done in range(1, 50 * CALLS_PER_REST + 1):
                await side.call("m", {"p": 1})
                assert turns >= polling.TURNS * (done // CALLS_PER_REST)
            other.cancel()


async def test_calls_that_overlap_do_not_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "BUDGET_S", 0.0)
    async with beside_raw(polling=Spy()) as (side, raw):
        async with asyncio.TaskGroup() as tasks:
            calls = [tasks.create_task(side.call(f"m{n}")) for n in range(3)]
            ids = [(await raw.line())["id"] for _ in calls]
            await raw.send(*({"id": request_id, "result": request_id} for request_id in ids))
        assert [call.result() for call in calls] == ids
        assert spy(side).polled == [b'"m0"']
        assert spy(side).in_flight == 0


async def test_a_notification_that_comes_before_the_answer_is_heard_in_its_place() -> None:
    def noisy(message: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"method": "note", "params": {}}, *answered(message)]

    async with beside_thread(noisy) as side:
        assert await side.call("m", {"p": 1}) == {"p": 1}
        assert side.notifications == [("note", b"{}")]


async def test_a_request_that_comes_before_the_answer_is_served() -> None:
    asked: list[dict[str, Any]] = []

    def nested(message: dict[str, Any]) -> list[dict[str, Any]]:
        if "method" in message:
            asked.append(message)
            return [{"id": 1, "method": "back", "params": {"q": 2}}]
        assert message["result"] == {"q": 2}
        return answered(asked[0])

    async with beside_thread(nested) as side:
        side.handlers["back"] = echo
        assert await side.call("m", {"p": 1}) == {"p": 1}


async def test_a_stream_is_not_polled_for_and_loses_no_item() -> None:
    def produce(message: dict[str, Any]) -> list[dict[str, Any]]:
        if message["method"] != "items":
            return []
        items = [{"id": message["id"], "seq": n, "item": n} for n in range(3)]
        return [
            *({"method": "$/stream", "params": one} for one in items),
            {"id": message["id"], "result": None},
        ]

    async with beside_thread(produce) as side:
        turned: list[int] = []
        asyncio.get_running_loop().call_soon(turned.append, 1)
        reader = await side.open("items")
        assert await read_all(reader) == [0, 1, 2]
        assert turned
        assert not side.faults


async def test_an_end_while_it_polls_fails_the_call() -> None:
    async with beside_thread(lambda _message: [{}]) as side, asyncio.TaskGroup() as tasks:
        call = tasks.create_task(refused(side.call("m")))
        await until(lambda: side.ends)
        side.peer.close(gone)
        assert (await call).message == "gone"
        assert side.peer.outgoing.polling.in_flight == 0


async def test_what_one_read_brought_is_handled_before_anything_that_polling_could_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two answers come together; the first caller calls again before the second answer was handled."""
    held: list[dict[str, Any]] = []

    def in_pairs(message: dict[str, Any]) -> list[dict[str, Any]]:
        if message["method"] == "alone":
            return answered(message)
        held.append(message)
        return (
            []
            if len(held) < 2
            else [*answered(held[0]), {"method": "late", "params": {}}, *answered(held[1])]
        )

    async with beside_thread(in_pairs) as side:
        heard: list[str] = []
        side.on_note = heard.append

        monkeypatch.setattr(polling, "BUDGET_S", 0.0)

        async def first() -> None:
            await side.call("pair")
            monkeypatch.setattr(polling, "BUDGET_S", 5.0)
            await side.call("alone")
            heard.append("alone")

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(first())
            tasks.create_task(side.call("pair"))
        assert heard == ["late", "alone"]


class Client:
    """A thread that asks, one request after the other, and then goes."""

    def __init__(self, sock: socket.socket, requests: int) -> None:
        self.answers: list[dict[str, Any]] = []
        self._sock = sock
        self._requests = requests
        self.thread = threading.Thread(target=self._ask)

    def _ask(self) -> None:
        with self._sock, self._sock.makefile("rb") as lines:
            for n in range(self._requests):
                request = {"jsonrpc": "2.0", "id": n, "method": "echo", "params": {"p": n}}
                self._sock.sendall(json.dumps(request).encode() + b"\n")
                self.answers.append(json.loads(lines.readline()))


@asynccontextmanager
async def before_client(lingering: Lingering, requests: int) -> AsyncGenerator[tuple[Side, Client]]:
    near, far = socket.socketpair()
    fd = near.detach()
    side, client = Side(fd, fd), Client(far, requests)
    side.peer.linger(lingering)
    side.handlers["echo"] = echo
    async with asyncio.timeout(TIMEOUT_S), asyncio.TaskGroup() as tasks:
        tasks.create_task(side.peer.run())
        client.thread.start()
        try:
            yield side, client
        finally:
            side.peer.close(gone)
    await asyncio.to_thread(client.thread.join, TIMEOUT_S)


async def test_a_server_that_stays_awake_serves_all_that_comes_and_gives_the_loop_its_turns() -> None:
    lingering = Lingering(5.0)
    lingering.came()
    async with before_client(lingering, 10 * CALLS_PER_REST) as (side, client):
        turns: list[int] = []

        def turn() -> None:
            turns.append(side.peer.incoming.served)
            if not side.ends:
                loop.call_soon(turn)

        loop = asyncio.get_running_loop()
        loop.call_soon(turn)
        await until(lambda: side.ends)
        assert [answer["result"] for answer in client.answers] == [{"p": n} for n in range(160)]
        # One that ended the sleep, and then as many as it stayed awake for.
        assert max(b - a for a, b in pairwise(turns)) <= CALLS_PER_REST + 1


async def test_a_server_that_nobody_asks_any_more_sleeps() -> None:
    attempts = 0

    class Counting(Lingering):
        def missed(self) -> None:
            nonlocal attempts
            attempts += 1
            super().missed()

    lingering = Counting(0.0)
    lingering.came()
    async with beside_raw() as (side, raw):
        side.peer.linger(lingering)
        side.handlers["echo"] = echo
        await raw.send({"id": 1, "method": "echo", "params": {}})
        assert (await raw.line())["id"] == 1
        await until(lambda: attempts)
        assert attempts == 1
        assert not lingering.worth


async def test_a_server_does_not_stay_awake_over_a_handler_that_needs_the_loop() -> None:
    async with beside_raw() as (side, raw):
        gate = side.handlers["gate"] = Gate()
        lingering = Lingering(60.0)
        lingering.came()
        side.peer.linger(lingering)
        await raw.send({"id": 1, "method": "gate"})
        await until(lambda: gate.entered)
        gate.open.set()
        assert (await raw.line())["id"] == 1
