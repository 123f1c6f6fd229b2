"""What a peer makes of bad lines, of what can not be sent, and of floods."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from protocol import errors
from protocol.errors import RpcError
from protocol.incoming import Inbound, Stream
from tests.protocol.two_peers import (
    Gate,
    Handler,
    beside_raw,
    connected,
    echo,
    numbers,
    read_all,
    refused,
    streaming,
    until,
)


@pytest.mark.parametrize(
    ("line", "fault", "code"),
    [
        (b"[]", "batch_unsupported", errors.BATCH_UNSUPPORTED),
        (b'[{"jsonrpc":"2.0","id":1,"method":"echo"}]', "batch_unsupported", errors.BATCH_UNSUPPORTED),
        (b"{", "malformed_frame", errors.PARSE_ERROR),
        (b'{"jsonrpc":"2.0"}', "malformed_frame", errors.PARSE_ERROR),
        (b'{"jsonrpc":"2.0","id":1,"params":' + b"[" * 100_000, "malformed_frame", errors.PARSE_ERROR),
        (b"x" * 200_001, "frame_too_large", errors.FRAME_TOO_LARGE),
        (b'{"jsonrpc":"2.0","id":null,"method":"echo"}', "invalid_id", errors.INVALID_REQUEST),
        (
            b'{"jsonrpc":"2.0","id":18446744073709551616,"method":"echo"}',
            "invalid_id",
            errors.INVALID_REQUEST,
        ),
        (b'{"jsonrpc":"2.0","id":"%b","method":"echo"}' % (b"x" * 129), "invalid_id", errors.INVALID_REQUEST),
        (b"hello", "stray_output", None),
        (b'{"jsonrpc":"2.0","id":99,"result":1}', "forged_id", None),
        (b'{"jsonrpc":"2.0","id":"1","result":1}', "forged_id", None),
        (b'{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"m"}}', "error_report", None),
        (b'{"jsonrpc":"2.0","method":"$/new","params":{}}', "unknown_notification", None),
        (b'{"jsonrpc":"2.0","method":"$/new"}', "unknown_notification", None),
        (b'{"jsonrpc":"2.0","method":"$/cancel","params":{"id":1.5}}', "invalid_params", None),
        (
            b'{"jsonrpc":"2.0","method":"$/progress","params":{"id":1,"message":"\xff"}}',
            "invalid_params",
            None,
        ),
        (b'{"jsonrpc":"2.0","method":"$/stream","params":[]}', "invalid_params", None),
        (b'{"jsonrpc":"2.0","method":"$/credit","params":{"id":1,"n":"1"}}', "invalid_params", None),
    ],
)
async def test_a_bad_line_is_a_fault_and_the_connection_lives(
    line: bytes, fault: str, code: int | None
) -> None:
    async with beside_raw(max_frame_bytes=200_000) as (side, raw):
        side.handlers["echo"] = echo
        await raw.send(line, {"id": 5, "method": "echo", "params": {}})
        answers = [await raw.line()]
        if answers[0].get("id") is None:
            answers.append(await raw.line())
        assert [answer["error"]["code"] for answer in answers[:-1]] == ([] if code is None else [code])
        assert all(answer["id"] is None for answer in answers[:-1])
        assert answers[-1]["id"] == 5
        assert side.faults == [fault]
        assert len(side.heads[0]) <= 200


async def test_an_id_that_is_in_use_is_refused_and_the_first_request_goes_on() -> None:
    async with beside_raw() as (side, raw):
        gate = side.handlers["gate"] = Gate()
        await raw.send({"id": "a", "method": "gate"}, {"id": "a", "method": "gate"})
        refusal = await raw.line()
        assert (refusal["id"], refusal["error"]["code"]) == (None, errors.INVALID_REQUEST)
        assert side.faults == ["duplicate_id"]
        gate.open.set()
        assert (await raw.line())["result"] == "gate"
        await raw.send({"id": "a", "method": "gate"})
        assert (await raw.line())["id"] == "a"


async def test_a_second_answer_is_a_fault() -> None:
    async with beside_raw() as (side, raw):
        async with asyncio.TaskGroup() as tasks:
            call = tasks.create_task(side.call("a"))
            await raw.line()
            await raw.send({"id": 1, "result": "first"}, {"id": 1, "result": "second"})
        await until(lambda: side.faults)
        assert call.result() == "first"
        assert side.faults == ["duplicate_id"]


async def test_credit_that_is_not_outstanding_is_a_fault_and_credit_of_no_stream_is_nothing() -> None:
    async with beside_raw() as (side, raw):
        gate = Gate()

        async def items() -> AsyncIterator[int]:
            yield 1
            await gate.open.wait()

        async def stream(inbound: Inbound) -> Any:
            return Stream(items(), 4)

        side.handlers["s"] = stream
        side.handlers["gate"] = gate
        await raw.send({"id": 1, "method": "s"}, {"id": 2, "method": "gate"})
        await raw.line()
        for credited in (1, 2, 77):
            await raw.send({"method": "$/credit", "params": {"id": credited, "n": 5}})
        await until(lambda: side.faults)
        gate.open.set()
        await raw.line()
        assert side.faults == ["bogus_credit"]


async def test_an_owner_that_raises_does_not_cost_the_messages_behind() -> None:
    reports: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: reports.append(context))

    def fail(method: str) -> None:
        raise LookupError(method)

    async with beside_raw() as (side, raw):
        side.on_note = fail
        side.handlers["echo"] = echo
        await raw.send({"method": "note"}, {"id": 1, "method": "echo", "params": {}})
        assert (await raw.line())["id"] == 1
    assert isinstance(reports[0]["exception"], LookupError)
    asyncio.get_running_loop().set_exception_handler(None)


async def oversize(inbound: Inbound) -> Any:
    return "x" * 10_000


async def not_json(inbound: Inbound) -> Any:
    return object()


async def surrogate(inbound: Inbound) -> Any:
    return "\udcff"


async def endless(inbound: Inbound) -> Any:
    items: list[Any] = []
    items.append(items)
    return items


async def oversize_error(inbound: Inbound) -> Any:
    raise RpcError(1, "big", "x" * 10_000)


async def error_without_words(inbound: Inbound) -> Any:
    raise BrokenPipeError


@pytest.mark.parametrize(
    ("handler", "code", "text"),
    [
        (oversize, errors.FRAME_TOO_LARGE, "the result of m has 10"),
        (not_json, errors.INVALID_RESULT, "can't be expressed in JSON"),
        (surrogate, errors.INVALID_RESULT, "can't be expressed in JSON"),
        (endless, errors.INVALID_RESULT, "can't be expressed in JSON"),
        (oversize_error, errors.FRAME_TOO_LARGE, "the error of m has 10"),
        (error_without_words, errors.INTERNAL_ERROR, "m failed"),
    ],
)
async def test_what_can_not_be_sent_fails_that_call_only(handler: Handler, code: int, text: str) -> None:
    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
    options = {"max_frame_bytes": 5_000}
    async with connected("pipes", options, options) as (left, right):
        right.handlers |= {"m": handler, "echo": echo}
        error = await refused(left.call("m"))
        assert error.code == code
        assert text in error.message
        assert await left.call("echo", {"still": "there"}) == {"still": "there"}
    asyncio.get_running_loop().set_exception_handler(None)


async def test_a_request_longer_than_a_frame_is_refused_here_and_its_place_is_free_again() -> None:
    options = {"max_frame_bytes": 5_000, "max_in_flight": 1}
    async with connected("pipes", options, options) as (left, right):
        right.handlers["echo"] = echo
        error = await refused(left.call("echo", {"a": "x" * 5_000}))
        assert error.code == errors.FRAME_TOO_LARGE
        assert await left.call("echo", {"a": 1}) == {"a": 1}
        assert left.peer.max_frame_bytes == 5_000
        assert not right.faults


@pytest.mark.parametrize("line", [b"stray", b"", b"{", b'{"jsonrpc":"2.0","method":"note"}', b"x" * 5_000])
async def test_who_is_charged_is_not_read_for_that_long(line: bytes) -> None:
    charged: list[float] = []

    def charge(seconds: float) -> float:
        charged.append(seconds)
        return 0.01

    async with beside_raw(charge=charge, max_frame_bytes=1_000) as (side, raw):
        side.handlers["echo"] = echo
        await raw.send(line)
        await until(lambda: charged)
        assert "charge" in side.peer._pipe._paused
        assert side.peer._intake._resume_timer is not None
        await raw.send({"id": 1, "method": "echo", "params": {}})
        while (await raw.line()).get("id") != 1:
            pass
        assert all(seconds > 0 for seconds in charged)


async def test_answers_and_streams_under_credit_are_not_charged() -> None:
    charged: list[float] = []

    def charge(seconds: float) -> float:
        charged.append(seconds)
        return 0.0

    async with connected("pipes", {"charge": charge}) as (left, right):
        right.handlers |= {"echo": echo, "numbers": streaming(lambda: numbers(300))}
        await left.call("echo", {"a": 1})
        await read_all(await left.open("numbers"))
        assert not charged
        right.peer.notify("note", b"{}")
        await until(lambda: charged)


def no_rest(seconds: float) -> float:
    return 0.0


def long_rest(seconds: float) -> float:
    return 60.0


def busy(method: str) -> None:
    for _ in range(3_000):
        pass


async def test_a_long_run_of_messages_is_cut_and_goes_on_in_order() -> None:
    async with beside_raw(charge=no_rest) as (side, raw):
        side.on_note = busy
        side.handlers["echo"] = echo
        await raw.send(*({"method": f"n{n}"} for n in range(800)), {"id": 1, "method": "echo", "params": {}})
        assert (await raw.line())["id"] == 1
        assert [method for method, _ in side.notifications] == [f"n{n}" for n in range(800)]
        assert not side.peer._intake._backlog


async def test_the_rest_of_a_cut_run_is_read_at_the_end() -> None:
    async with beside_raw(charge=long_rest) as (side, raw):
        side.on_note = busy
        await raw.send(*({"method": f"n{n}"} for n in range(800)))
        await until(lambda: side.notifications)
        await raw.send({"method": "last"})
        side.peer.read_rest()
        assert [method for method, _ in side.notifications] == [*(f"n{n}" for n in range(800)), "last"]


async def test_an_incomplete_frame_that_may_not_be_held_is_given_up() -> None:
    asked: list[int] = []

    def may_hold(size: int) -> bool:
        asked.append(size)
        return size < 100_000

    async with beside_raw(may_hold=may_hold) as (side, raw):
        side.handlers["echo"] = echo
        await raw.send(b"x" * 300_000, {"id": 1, "method": "echo", "params": {}})
        assert (await raw.line())["error"]["code"] == errors.FRAME_TOO_LARGE
        assert (await raw.line())["id"] == 1
        assert side.faults == ["frame_too_large"]
        assert asked
        assert side.peer.held_bytes == 0
