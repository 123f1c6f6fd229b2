"""Requests and answers in any order: every waiter is settled once, with what is its own."""

import asyncio
import json

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from protocol import errors
from protocol.errors import RpcError
from protocol.waiter import DeadlinePassed
from tests.protocol.driven_peer import IN_FLIGHT, TIMEOUT_S, WAITING, Driven


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
