"""Deadlines, idle times and places, on a driven clock."""

import asyncio
from typing import Any

import pytest

from protocol import errors
from protocol.errors import RpcError
from protocol.messages.meta import Progress
from protocol.waiter import DeadlinePassed
from tests.protocol.driven_peer import IN_FLIGHT, TIMEOUT_S, Driven, open_stream, take


@pytest.fixture
def driven() -> Any:
    one = Driven()
    yield one
    one.close()


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
    monkeypatch.setattr("protocol.tombstones.TOMBSTONES", 2)
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
    first, *_ = driven.lines()
    # The place is handed over in the callback that reads the answer, in which its taker is cancelled too.
    driven.on_note = waiting.cancel
    driven.send_together({"id": first["id"], "result": 1}, {"method": "note"})
    assert waiting.cancelled()
    assert [line["method"] for line in driven.lines()] == ["w", "$/cancel", "n"]
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
