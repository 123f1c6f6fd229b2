"""Requests and their answers on a driven clock: every waiter is settled once, with what is its own."""

import asyncio
import json
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from protocol import errors
from protocol.errors import ErrorObject, RpcError
from protocol.incoming import Inbound
from protocol.messages.meta import Progress
from protocol.outgoing import DeadlinePassed, Outgoing
from protocol.peer import Peer

IN_FLIGHT = 3
WAITING = 4
TIMEOUT_S = 10.0


class DrivenLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only when it is told so."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        super().__init__()

    def time(self) -> float:
        return self.now_s


class Driven:
    """A peer, and the raw other end of its wire."""

    def __init__(self) -> None:
        self.loop = DrivenLoop()
        near, self.far = socket.socketpair()
        self.far.setblocking(False)
        self.faults: list[str] = []
        self.tasks: list[asyncio.Task[Any]] = []
        self._text = b""
        self.peer = self.loop.run_until_complete(self._open(near.detach()))
        self._run = self.start(self.peer.run())

    @property
    def outgoing(self) -> Outgoing:
        return self.peer.outgoing

    async def _open(self, fd: int) -> Peer:
        peer = Peer(fd, fd, self, self._handle, _to_error, max_in_flight=IN_FLIGHT)
        peer.outgoing._places._max_waiting = WAITING
        return peer

    async def _handle(self, inbound: Inbound) -> Any:
        raise RpcError(errors.METHOD_NOT_FOUND, inbound.method)

    def on_notification(self, method: str, params: msgspec.Raw) -> None: ...

    def on_fault(self, kind: str, detail: str, head: bytes) -> None:
        self.faults.append(kind)

    def on_end(self) -> None: ...

    def start(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = self.loop.create_task(coroutine)
        self.tasks.append(task)
        return task

    def request(self, method: str = "m", **options: Any) -> "asyncio.Task[msgspec.Raw]":
        limits: dict[str, Any] = {"timeout_s": TIMEOUT_S} | options
        task = self.start(self.outgoing.request(method, b"{}", **limits))
        self.turn()
        return task

    def turn(self, turns: int = 12) -> None:
        async def pass_turns() -> None:
            for _ in range(turns):
                await asyncio.sleep(0)

        self.loop.run_until_complete(pass_turns())

    def wait_s(self, seconds: float) -> None:
        self.loop.now_s += seconds
        self.turn()

    def lines(self) -> list[dict[str, Any]]:
        """Return what was sent since the last call."""
        while True:
            try:
                self._text += self.far.recv(1_000_000)
            except BlockingIOError:
                break
        *whole, self._text = self._text.split(b"\n")
        return [json.loads(line) for line in whole]

    def send(self, **message: Any) -> None:
        self.far.sendall(json.dumps({"jsonrpc": "2.0"} | message).encode() + b"\n")
        self.turn()

    def close(self) -> None:
        self.peer.close(lambda: RpcError(errors.CANCELLED, "closed"))
        self.turn()
        assert self._run.done()
        for task in self.tasks:
            assert task.done(), "a waiter was left behind"
            if not task.cancelled():
                task.exception()
        self.far.close()
        self.loop.close()


def _to_error(exc: BaseException, method: str) -> ErrorObject:
    assert isinstance(exc, RpcError)
    return exc.to_object()


@pytest.fixture
def driven() -> Any:
    one = Driven()
    yield one
    one.close()


class Call:
    """One call in the model."""

    def __init__(self, name: str, task: "asyncio.Task[msgspec.Raw]", until: float) -> None:
        self.name = name
        self.task = task
        self.until = until
        self.request_id: int | None = None
        self.cancelled = False
        self.expected: str | None = None
        """How it was settled in the model; None while it is open."""


class Correlation(RuleBasedStateMachine):
    """Requests, answers in any order, cancels, deadlines, ends of patience: in any interleaving."""

    calls = Bundle("calls")

    def __init__(self) -> None:
        super().__init__()
        self.driven = Driven()
        self.all: list[Call] = []
        self.count = 0

    def look(self) -> None:
        """Read what was sent, and settle in the model what must be settled by now."""
        by_name = {call.name: call for call in self.all}
        for line in self.driven.lines():
            if line["method"] != "$/cancel":
                call = by_name[line["method"]]
                assert call.request_id is None, "sent twice"
                call.request_id = line["id"]

    @rule(target=calls, timeout_s=st.sampled_from([1.0, 3.0, TIMEOUT_S]))
    def request(self, timeout_s: float) -> Call:
        self.count += 1
        full = self.waiting() >= WAITING
        task = self.driven.request(f"m{self.count}", timeout_s=timeout_s)
        call = Call(f"m{self.count}", task, self.driven.loop.now_s + timeout_s)
        if full:
            call.expected = "overloaded"
        self.all.append(call)
        self.look()
        return call

    def waiting(self) -> int:
        return sum(call.expected is None and call.request_id is None for call in self.all)

    @rule(call=calls)
    def answer(self, call: Call) -> None:
        if call.request_id is None:
            return
        fresh = call.expected is None
        known = call.expected in ("cancelled", "deadline")
        before = self.driven.outgoing.late
        self.driven.send(id=call.request_id, result=call.name)
        if fresh:
            call.expected = "answer"
        elif known:
            assert self.driven.outgoing.late == before + 1
            call.expected = f"{call.expected}, answered"
        else:
            assert self.driven.faults.pop() == "duplicate_id"
        self.look()

    @rule(call=calls)
    def cancel(self, call: Call) -> None:
        call.task.cancel()
        self.driven.turn()
        if call.expected is None:
            call.expected = "cancelled"
        self.look()

    @rule(seconds=st.sampled_from([0.5, 1.0, 2.0]))
    def wait(self, seconds: float) -> None:
        self.driven.wait_s(seconds)
        for call in self.all:
            if call.expected is None and call.until <= self.driven.loop.now_s:
                call.expected = "deadline"
        self.look()

    @rule()
    def forge(self) -> None:
        self.driven.send(id=1_000_000, result=None)
        assert self.driven.faults.pop() == "forged_id"

    @rule(call=consumes(calls))
    @precondition(lambda self: self.all)
    def forget(self, call: Call) -> None:
        """Let the model go on with other calls."""

    @invariant()
    def every_call_has_what_the_model_says(self) -> None:
        for call in self.all:
            match (call.expected or "open").split(",")[0]:
                case "open":
                    assert not call.task.done()
                case "answer":
                    assert json.loads(bytes(call.task.result())) == call.name
                case "cancelled":
                    assert call.task.cancelled()
                case "deadline":
                    assert isinstance(call.task.exception(), DeadlinePassed)
                case _:
                    error = call.task.exception()
                    assert isinstance(error, RpcError)
                    assert error.code == errors.OVERLOADED
        assert not self.driven.faults

    @invariant()
    def places_are_neither_lost_nor_made(self) -> None:
        outgoing = self.driven.outgoing
        under_way = sum(call.expected is None and call.request_id is not None for call in self.all)
        assert outgoing.in_flight == under_way <= IN_FLIGHT
        assert outgoing._places.free == IN_FLIGHT - under_way
        assert len(outgoing._places.queue) == self.waiting()
        assert under_way == IN_FLIGHT or not self.waiting()

    def teardown(self) -> None:
        for call in self.all:
            call.task.cancel()
        self.driven.turn()
        assert self.driven.outgoing.in_flight == 0
        assert self.driven.outgoing._places.free == IN_FLIGHT
        assert not self.driven.outgoing._places.queue
        self.driven.close()


Correlation.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
test_any_interleaving_settles_every_call_once_with_its_own_answer = Correlation.TestCase


def test_a_deadline_frees_the_waiter_and_tells_the_other_side(driven: Driven) -> None:
    call = driven.request()
    (line,) = driven.lines()
    driven.wait_s(TIMEOUT_S - 0.1)
    assert not call.done()
    driven.wait_s(0.2)
    error = call.exception()
    assert isinstance(error, DeadlinePassed)
    assert error.code == errors.DEADLINE_EXCEEDED
    assert error.message == "m did not answer within 10 s"
    assert driven.lines() == [{"jsonrpc": "2.0", "method": "$/cancel", "params": {"id": line["id"]}}]
    assert driven.outgoing.in_flight == 0


def test_an_answer_after_the_deadline_is_late_once_and_then_a_second_answer(driven: Driven) -> None:
    driven.request()
    driven.wait_s(TIMEOUT_S)
    driven.send(id=1, result=1)
    assert driven.outgoing.late == 1
    assert not driven.faults
    driven.send(id=1, result=1)
    assert driven.faults == ["duplicate_id"]


def test_only_so_many_expired_ids_are_remembered(driven: Driven, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("protocol.outgoing.TOMBSTONES", 2)
    for _ in range(3):
        driven.request()
    driven.wait_s(TIMEOUT_S)
    driven.send(id=1, result=1)
    assert driven.faults == ["duplicate_id"]
    driven.send(id=2, result=1)
    driven.send(id=3, result=1)
    assert driven.outgoing.late == 2


def test_a_shorter_deadline_behind_a_longer_one_is_kept(driven: Driven) -> None:
    long, short = driven.request(timeout_s=100.0), driven.request(timeout_s=1.0)
    driven.wait_s(1.0)
    assert short.done()
    assert not long.done()
    driven.wait_s(99.0)
    assert long.done()


def test_progress_extends_the_idle_deadline_but_not_the_hard_one(driven: Driven) -> None:
    seen: list[Progress] = []
    call = driven.request(timeout_s=5.0, idle_s=2.0, on_progress=seen.append)
    for done in (0.2, 0.4):
        driven.wait_s(1.9)
        assert not call.done()
        driven.send(method="$/progress", params={"id": 1, "message": "going", "done": done})
    assert [progress.done for progress in seen] == [0.2, 0.4]
    driven.wait_s(1.2)
    assert str(call.exception()) == "m did not answer within 5 s"


def test_without_progress_the_idle_deadline_counts(driven: Driven) -> None:
    call = driven.request(timeout_s=5.0, idle_s=2.0)
    driven.wait_s(2.0)
    assert str(call.exception()) == "m did not answer within 2 s"


def test_progress_of_an_unknown_request_is_ignored(driven: Driven) -> None:
    driven.send(method="$/progress", params={"id": 77})
    assert not driven.faults
    assert driven.outgoing.life_signs == 0


def test_a_progress_listener_that_fails_does_not_cost_the_answer_behind_it(driven: Driven) -> None:
    reports: list[dict[str, Any]] = []
    driven.loop.set_exception_handler(lambda _loop, context: reports.append(context))

    def listen(progress: Progress) -> None:
        raise LookupError("listener")

    call = driven.request(on_progress=listen)
    text = b'{"jsonrpc":"2.0","method":"$/progress","params":{"id":1}}\n{"jsonrpc":"2.0","id":1,"result":7}\n'
    driven.far.sendall(text)
    driven.turn()
    assert bytes(call.result()) == b"7"
    assert isinstance(reports[0]["exception"], LookupError)


def test_deadlines_can_be_put_off(driven: Driven) -> None:
    call = driven.request(timeout_s=1.0, idle_s=0.5)
    driven.outgoing.stretch(10.0)
    driven.wait_s(10.4)
    assert not call.done()
    driven.wait_s(0.2)
    assert call.done()


def test_a_call_that_waits_for_a_place_has_its_own_deadline(driven: Driven) -> None:
    for _ in range(IN_FLIGHT):
        driven.request()
    waiting = driven.request(timeout_s=1.0)
    driven.lines()
    driven.wait_s(1.0)
    assert isinstance(waiting.exception(), DeadlinePassed)
    assert driven.lines() == []


def test_a_place_handed_over_to_a_call_that_is_cancelled_in_that_turn_is_not_lost(driven: Driven) -> None:
    for _ in range(IN_FLIGHT):
        driven.request()
    waiting, next_in_line = driven.request("w"), driven.request("n")
    driven.lines()
    # As when a call ends: the place is handed over, and before its taker runs again, that one is cancelled.
    driven.outgoing._places.leave()
    waiting.cancel()
    driven.turn()
    assert waiting.cancelled()
    assert [line["method"] for line in driven.lines()] == ["n"]
    assert not next_in_line.done()
    assert driven.outgoing._places.free == 0


def test_a_stream_whose_reader_is_slow_does_not_count_as_idle(driven: Driven) -> None:
    reader = open_stream(driven, idle_s=2.0)
    driven.send(method="$/stream", params={"id": 1, "seq": 0, "item": "a"})
    driven.send(method="$/stream", params={"id": 1, "seq": 1, "item": "b"})
    for _ in range(4):
        driven.wait_s(1.5)
    assert take(driven, reader.next) == b'"a"'
    assert take(driven, reader.next) == b'"b"'
    pending = driven.start(reader.next())
    driven.wait_s(2.1)
    assert isinstance(pending.exception(), DeadlinePassed)
    reader.close()


def test_a_producer_gets_its_idle_time_anew_with_its_credit(driven: Driven) -> None:
    reader = open_stream(driven, idle_s=2.0)
    for seq in range(64):
        driven.send(method="$/stream", params={"id": 1, "seq": seq, "item": seq})
    driven.lines()
    driven.wait_s(1.9)
    for _ in range(64):
        take(driven, reader.next)
    assert [line["params"]["n"] for line in driven.lines()] == [32, 32]
    pending = driven.start(reader.next())
    driven.wait_s(1.9)
    assert not pending.done()
    driven.send(id=1, result=None)
    assert pending.result() is None


def test_a_slow_reader_is_still_under_the_hard_total(driven: Driven) -> None:
    reader = open_stream(driven, idle_s=2.0, timeout_s=5.0)
    driven.send(method="$/stream", params={"id": 1, "seq": 0, "item": "a"})
    for _ in range(3):
        driven.wait_s(1.9)
    assert take(driven, reader.next) == b'"a"'
    with pytest.raises(DeadlinePassed, match="within 5 s"):
        take(driven, reader.next)
    reader.close()


def test_reading_a_stream_that_was_closed_ends_at_once(driven: Driven) -> None:
    reader = open_stream(driven)
    driven.send(method="$/stream", params={"id": 1, "seq": 0, "item": "a"})
    pending: asyncio.Task[Any] = driven.start(reader.next())
    driven.turn()
    assert pending.done()
    waiting = driven.start(reader.next())
    driven.turn()
    reader.close()
    reader.close()
    driven.turn()
    assert waiting.result() is None
    assert take(driven, reader.next) is None
    assert driven.outgoing._places.free == IN_FLIGHT
    assert driven.lines()[-1]["method"] == "$/cancel"


def test_items_behind_a_cancel_are_no_fault_but_items_of_no_stream_are(driven: Driven) -> None:
    reader = open_stream(driven)
    reader.close()
    driven.send(method="$/stream", params={"id": 1, "seq": 0, "item": "a"})
    assert not driven.faults
    driven.send(method="$/stream", params={"id": 5, "seq": 0, "item": "a"})
    driven.request()
    driven.send(method="$/stream", params={"id": 2, "seq": 0, "item": "a"})
    assert driven.faults == ["forged_id", "forged_id"]


def test_a_stream_can_not_be_opened_past_its_deadline_or_after_the_end(driven: Driven) -> None:
    for _ in range(IN_FLIGHT):
        driven.request(timeout_s=100.0)
    opening = driven.start(driven.outgoing.open_stream("s", b"{}", timeout_s=1.0, idle_s=1.0))
    driven.turn()
    driven.wait_s(1.0)
    assert isinstance(opening.exception(), DeadlinePassed)
    driven.peer.close(lambda: RpcError(errors.CANCELLED, "over"))
    late = driven.start(driven.outgoing.open_stream("s", b"{}", timeout_s=1.0, idle_s=1.0))
    driven.turn()
    assert str(late.exception()) == "over"


def test_a_stream_that_can_not_be_sent_gives_its_place_back(driven: Driven) -> None:
    big = b'{"a":"' + b"x" * driven.peer.max_frame_bytes + b'"}'
    opening = driven.start(driven.outgoing.open_stream("s", big, timeout_s=1.0, idle_s=1.0))
    driven.turn()
    error = opening.exception()
    assert isinstance(error, RpcError)
    assert error.code == errors.FRAME_TOO_LARGE
    assert driven.outgoing._places.free == IN_FLIGHT


def open_stream(driven: Driven, *, idle_s: float = 30.0, timeout_s: float = 100.0) -> Any:
    opening = driven.start(driven.outgoing.open_stream("s", b"{}", timeout_s=timeout_s, idle_s=idle_s))
    driven.turn()
    return opening.result()


def take(driven: Driven, next_item: Callable[[], Coroutine[Any, Any, msgspec.Raw | None]]) -> bytes | None:
    task = driven.start(next_item())
    driven.turn()
    item = task.result()
    return None if item is None else bytes(item)
