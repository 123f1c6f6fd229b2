"""Two real peers, over a socket pair and over two pipes."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from anyio.lowlevel import checkpoint

from protocol import errors, jsonrpc
from protocol.credit import MAX_UNACKNOWLEDGED_BYTES, STREAM_CREDIT
from protocol.errors import ErrorObject, RpcError
from protocol.incoming import Inbound, Stream
from protocol.messages.meta import Progress
from protocol.outgoing import MAX_WAITING, DeadlinePassed
from protocol.peer import Peer
from protocol.stream_reader import StreamReader

KINDS = ["socketpair", "pipes"]
TIMEOUT_S = 20.0

Handler = Callable[[Inbound], Awaitable[Any]]


class Side:
    """One peer, its owner, and what the owner was told."""

    def __init__(self, read_fd: int, write_fd: int, **options: Any) -> None:
        self.handlers: dict[str, Handler] = {}
        self.faults: list[str] = []
        self.heads: list[bytes] = []
        self.notifications: list[tuple[str, bytes]] = []
        self.on_note: Callable[[str], None] = lambda _method: None
        self.ends = 0
        self.peer = Peer(read_fd, write_fd, self, self._handle, _to_error, **options)

    async def _handle(self, inbound: Inbound) -> Any:
        return await self.handlers[inbound.method](inbound)

    def on_notification(self, method: str, params: msgspec.Raw) -> None:
        self.notifications.append((method, bytes(params)))
        self.on_note(method)

    def on_fault(self, kind: str, detail: str, head: bytes) -> None:
        self.faults.append(kind)
        self.heads.append(head)

    def on_end(self) -> None:
        self.ends += 1

    async def call(
        self, method: str, params: Any = None, *, timeout_s: float = TIMEOUT_S, **more: Any
    ) -> Any:
        text = jsonrpc.encode({} if params is None else params)
        raw = await self.peer.outgoing.request(method, text, timeout_s=timeout_s, **more)
        return msgspec.json.decode(raw)

    async def open(self, method: str) -> StreamReader:
        return await self.peer.outgoing.open_stream(method, b"{}", timeout_s=TIMEOUT_S, idle_s=TIMEOUT_S)


def _to_error(exc: BaseException, method: str) -> ErrorObject:
    if isinstance(exc, RpcError):
        return exc.to_object()
    if isinstance(exc, BrokenPipeError):
        raise LookupError("no words for this")
    return ErrorObject(errors.INTERNAL_ERROR, f"{method} raised {type(exc).__name__}")


def gone() -> RpcError:
    return RpcError(errors.PLUGIN_DIED, "gone")


@asynccontextmanager
async def connected(
    kind: str, left: dict[str, Any] | None = None, right: dict[str, Any] | None = None
) -> AsyncGenerator[tuple[Side, Side]]:
    if kind == "socketpair":
        one, other = (end.detach() for end in socket.socketpair())
        ends = (one, one), (other, other)
    else:
        (r1, w1), (r2, w2) = os.pipe(), os.pipe()
        ends = (r1, w2), (r2, w1)
    sides = Side(*ends[0], **(left or {})), Side(*ends[1], **(right or {}))
    async with asyncio.timeout(TIMEOUT_S), asyncio.TaskGroup() as tasks:
        for side in sides:
            side.peer.outgoing.sends_meta = True
            tasks.create_task(side.peer.run())
        try:
            yield sides
        finally:
            for side in sides:
                side.peer.close(gone)


class Raw:
    """The other end of a wire, byte by byte."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.sock.setblocking(False)
        self._text = b""
        self._lines: list[dict[str, Any]] = []

    async def send(self, *lines: bytes | dict[str, Any]) -> None:
        texts = [
            line if isinstance(line, bytes) else json.dumps({"jsonrpc": "2.0"} | line).encode()
            for line in lines
        ]
        await asyncio.get_running_loop().sock_sendall(self.sock, b"".join(text + b"\n" for text in texts))

    async def line(self) -> dict[str, Any]:
        while not self._lines:
            self._text += await asyncio.get_running_loop().sock_recv(self.sock, 1_000_000)
            *whole, self._text = self._text.split(b"\n")
            self._lines += [json.loads(line) for line in whole]
        return self._lines.pop(0)


@asynccontextmanager
async def beside_raw(**options: Any) -> AsyncGenerator[tuple[Side, Raw]]:
    near, far = socket.socketpair()
    fd = near.detach()
    side = Side(fd, fd, **options)
    async with asyncio.timeout(TIMEOUT_S), asyncio.TaskGroup() as tasks:
        side.peer.outgoing.sends_meta = True
        tasks.create_task(side.peer.run())
        try:
            yield side, Raw(far)
        finally:
            side.peer.close(gone)
            far.close()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await checkpoint()


async def refused(call: Awaitable[Any]) -> RpcError:
    with pytest.raises(RpcError) as caught:
        await call
    return caught.value


async def echo(inbound: Inbound) -> Any:
    params = msgspec.json.decode(inbound.params)
    params.pop("_meta", None)
    return params


class Gate:
    """A handler that waits, and says so."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.entered: list[Inbound] = []
        self.ended = 0

    async def __call__(self, inbound: Inbound) -> Any:
        self.entered.append(inbound)
        try:
            await self.open.wait()
        finally:
            self.ended += 1
        return inbound.method


# ---- requests


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


# ---- cancelling


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


async def test_a_request_that_is_cancelled_before_its_first_step_is_answered_and_never_served() -> None:
    async with beside_raw() as (side, raw):
        gate = side.handlers["gate"] = Gate()
        await raw.send({"id": 1, "method": "gate"}, {"method": "$/cancel", "params": {"id": 1}})
        assert (await raw.line())["error"]["code"] == errors.CANCELLED
        assert not gate.entered
        assert side.peer.incoming.in_flight == 0


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


# ---- faults


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


# ---- results and errors that can't be sent


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


# ---- bounds


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


# ---- notifications, progress


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


# ---- streams


async def numbers(count: int) -> AsyncIterator[int]:
    for n in range(count):
        yield n


def streaming(make: Callable[[], AsyncIterator[Any]]) -> Handler:
    async def handler(inbound: Inbound) -> Any:
        meta = msgspec.json.decode(inbound.params)["_meta"]
        return Stream(make(), meta["stream"]["credit"])

    return handler


async def read_all(reader: StreamReader) -> list[Any]:
    items: list[Any] = []
    while (item := await reader.next()) is not None:
        items.append(msgspec.json.decode(item))
    return items


@pytest.mark.parametrize("kind", KINDS)
async def test_a_stream_comes_whole_and_in_order(kind: str) -> None:
    async with connected(kind) as (left, right):
        right.handlers["numbers"] = streaming(lambda: numbers(1_000))
        reader = await left.open("numbers")
        assert await read_all(reader) == [*range(1_000)]
        assert await reader.next() is None
        assert left.peer.outgoing.in_flight == right.peer.incoming.in_flight == 0
        assert left.peer.outgoing._places.free == 64
        assert not left.faults
        assert not right.faults


async def test_an_empty_stream_ends_at_once() -> None:
    async with connected("pipes") as (left, right):
        right.handlers["numbers"] = streaming(lambda: numbers(0))
        assert await read_all(await left.open("numbers")) == []


async def test_a_producer_stops_at_its_credit_and_goes_on_with_more() -> None:
    async with connected("pipes") as (left, right):
        produced: list[int] = []

        async def counting() -> AsyncIterator[int]:
            async for n in numbers(200):
                produced.append(n)
                yield n

        right.handlers["numbers"] = streaming(counting)
        reader = await left.open("numbers")
        await until(lambda: len(produced) > STREAM_CREDIT)
        for _ in range(100):
            await checkpoint()
        # One more was made than may be sent: it is in the producer's hands.
        assert len(produced) == STREAM_CREDIT + 1
        assert len(reader._items) == STREAM_CREDIT
        assert await read_all(reader) == [*range(200)]


async def test_a_producer_stops_at_a_mebibyte_whatever_its_credit() -> None:
    async with connected("pipes") as (left, right):
        produced = 0
        item = "x" * 200_000

        async def heavy() -> AsyncIterator[str]:
            nonlocal produced
            for _ in range(30):
                produced += 1
                yield item

        right.handlers["heavy"] = streaming(heavy)
        reader = await left.open("heavy")
        fitting = MAX_UNACKNOWLEDGED_BYTES // 200_000 + 1
        await until(lambda: len(reader._items) == fitting)
        for _ in range(100):
            await checkpoint()
        assert produced == fitting + 1
        assert len(reader._items) == fitting
        assert await read_all(reader) == [item] * 30


async def test_closing_the_reader_cancels_the_producer() -> None:
    async with connected("pipes") as (left, right):
        closed = asyncio.Event()

        async def endless_numbers() -> AsyncIterator[int]:
            try:
                n = 0
                while True:
                    yield n
                    n += 1
            finally:
                closed.set()

        right.handlers["numbers"] = streaming(endless_numbers)
        reader = await left.open("numbers")
        assert await reader.next() == msgspec.Raw(b"0")
        reader.close()
        await closed.wait()
        await until(lambda: left.peer.outgoing.late == 1)
        assert left.peer.outgoing._places.free == 64
        assert not left.faults


async def test_a_producers_error_comes_behind_its_items() -> None:
    async with connected("pipes") as (left, right):

        async def broken() -> AsyncIterator[int]:
            yield 1
            raise RpcError(7, "midway", {"at": 1})

        right.handlers["broken"] = streaming(broken)
        reader = await left.open("broken")
        assert await reader.next() == msgspec.Raw(b"1")
        error = await refused(reader.next())
        assert (error.code, error.data) == (7, {"at": 1})
        assert left.peer.outgoing._places.free == 64


@pytest.mark.parametrize(
    ("item", "code", "text"),
    [
        (object(), errors.INVALID_RESULT, "an item of s can't be expressed"),
        ("x" * 10_000, errors.FRAME_TOO_LARGE, "the item of s has 10"),
    ],
)
async def test_an_item_that_can_not_be_sent_ends_the_stream(item: Any, code: int, text: str) -> None:
    options = {"max_frame_bytes": 5_000}
    async with connected("pipes", options, options) as (left, right):

        async def items() -> AsyncIterator[Any]:
            yield 1
            yield item

        right.handlers["s"] = streaming(items)
        reader = await left.open("s")
        assert await reader.next() == msgspec.Raw(b"1")
        error = await refused(reader.next())
        assert error.code == code
        assert text in error.message


async def test_a_stream_waits_while_the_other_side_does_not_read() -> None:
    async with beside_raw(max_buffered_bytes=100_000) as (side, raw):
        side.handlers["s"] = streaming(lambda: big_items())

        async def big_items() -> AsyncIterator[str]:
            for _ in range(10):
                yield "x" * 90_000

        await raw.send({"id": 1, "method": "s", "params": {"_meta": {"stream": {"credit": 64}}}})
        await until(lambda: side.peer.buffered > 100_000)
        assert side.peer.buffered < 250_000
        lines = [await raw.line() for _ in range(11)]
        assert [line["params"]["seq"] for line in lines[:-1]] == [*range(10)]
        assert lines[-1]["result"] is None


@pytest.mark.parametrize("seqs", [[1], [0, 0], [0, 2], [-1], [*range(STREAM_CREDIT + 1)]])
async def test_a_stream_out_of_order_or_credit_is_cut_off_as_a_fault(seqs: list[int]) -> None:
    async with beside_raw() as (side, raw):
        reader = await side.open("s")
        await raw.line()
        await raw.send(*({"method": "$/stream", "params": {"id": 1, "seq": seq, "item": 0}} for seq in seqs))
        assert (await raw.line())["method"] == "$/cancel"
        assert side.faults == ["stream_overrun"]
        for _ in seqs[:-1]:
            assert await reader.next() is not None
        assert (await refused(reader.next())).code == errors.STREAM_OVERRUN
        reader.close()
        assert side.peer.outgoing._places.free == 64


# ---- charging


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
        assert side.peer._resume_timer is not None
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
        assert not side.peer._backlog


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


# ---- the end


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


async def test_a_request_that_came_in_with_the_end_is_not_served() -> None:
    async with beside_raw() as (side, raw):
        gate = side.handlers["gate"] = Gate()
        side.on_note = lambda _method: side.peer.close(gone)
        await raw.send({"id": 1, "method": "gate"}, {"method": "note"}, {"id": 2, "method": "gate"})
        await until(lambda: side.notifications)
    assert not gate.entered


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
