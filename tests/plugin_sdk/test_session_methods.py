"""Methods of every kind: where they run, how many at once, and what is refused."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from anyio.lowlevel import checkpoint

from plugin_sdk import Context, Plugin, RpcError, method
from plugin_sdk.runtime.pool import MAX_THREADS
from protocol import errors
from tests.plugin_sdk.session_host import Greeter, refused, started, until


class Kinds(Plugin):
    def __init__(self) -> None:
        self.gate = threading.Event()
        self.entered = 0
        self.at_once = 0
        self.most = 0
        self.cleaned_in = ""
        self.contexts: list[Context] = []

    @method
    async def on_loop(self, a: int, *, b: int = 2) -> list[Any]:
        return [a, b, threading.current_thread() is threading.main_thread()]

    @method
    def in_thread(self, a: int) -> list[Any]:
        return [a, threading.current_thread().name.startswith("handler-")]

    @method(inline=True)
    def inlined(self) -> bool:
        return threading.current_thread() is threading.main_thread()

    @method(serial=True, inline=True)
    def inlined_serial(self) -> int:
        return 5

    @method(serial=True)
    async def serial(self) -> int:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        for _ in range(5):
            await checkpoint()
        self.at_once -= 1
        return self.most

    @method(serial=True)
    async def serial_stream(self) -> AsyncIterator[int]:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        for n in range(3):
            await checkpoint()
            yield n
        self.at_once -= 1

    @method(serial=True)
    def serial_thread(self) -> int:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        self.entered += 1
        self.gate.wait(10)
        self.at_once -= 1
        return self.most

    @method
    def threaded_stream(self, count: int) -> Iterator[str]:
        try:
            for _ in range(count):
                yield threading.current_thread().name.partition("-")[0]
        finally:
            self.cleaned_in = threading.current_thread().name

    @method
    def blocked(self) -> str:
        self.entered += 1
        self.gate.wait(10)
        return "done"

    @method(inline=True)
    def open_gate(self) -> None:
        self.gate.set()

    @method(inline=True)
    def look(self) -> list[Any]:
        return [self.entered, self.most, self.cleaned_in]

    @method
    def stops(self) -> None:
        raise StopIteration(5)

    @method
    def not_json(self) -> object:
        return object()


async def test_each_kind_of_method_runs_where_it_should() -> None:
    async with started(Kinds) as host:
        assert await host.call("on_loop", {"a": 1}) == [1, 2, True]
        assert await host.call("on_loop", {"b": 3, "a": 1}) == [1, 3, True]
        assert await host.call("in_thread", {"a": 1}) == [1, True]
        assert await host.call("inlined") is True
        assert await host.call("inlined_serial") == 5
        assert await host.read("threaded_stream", {"count": 3}) == ["handler"] * 3


async def test_a_serial_method_runs_one_call_at_a_time() -> None:
    async with started(Kinds) as host, asyncio.TaskGroup() as tasks:
        calls = [tasks.create_task(host.call("serial")) for _ in range(10)]
        await asyncio.wait(calls)
        assert {call.result() for call in calls} == {1}


async def test_a_serial_stream_runs_one_call_at_a_time() -> None:
    async with started(Kinds) as host:
        async with asyncio.TaskGroup() as tasks:
            reads = [tasks.create_task(host.read("serial_stream")) for _ in range(5)]
        assert [read.result() for read in reads] == [[0, 1, 2]] * 5
        assert (await host.call("look"))[1] == 1


async def test_a_serial_thread_keeps_its_turn_after_its_caller_has_gone() -> None:
    async with started(Kinds) as host:
        first = await refused(host.call("serial_thread", timeout_s=0.05))
        assert first.code == errors.DEADLINE_EXCEEDED
        async with asyncio.TaskGroup() as tasks:
            second = tasks.create_task(host.call("serial_thread"))
            while (await host.call("look"))[0] != 1:
                pass
            for _ in range(20):
                await host.call("plugin.ping")
            assert (await host.call("look"))[0] == 1
            await host.call("open_gate")
        assert second.result() == 1


async def test_a_stream_that_is_given_up_cleans_up_in_a_thread() -> None:
    async with started(Kinds) as host:
        reader = await host.open("threaded_stream", {"count": 1_000})
        assert await reader.next() is not None
        reader.close()
        while not (look := await host.call("look"))[2]:
            pass
        assert look[2].startswith("handler-")


async def test_a_blocked_thread_never_stops_the_ping_and_a_full_pool_says_so() -> None:
    async with started(Kinds) as host:
        async with asyncio.TaskGroup() as tasks:
            calls = [tasks.create_task(host.call("blocked")) for _ in range(MAX_THREADS)]
            while (await host.call("look"))[0] != MAX_THREADS:
                pass
            assert await host.call("plugin.ping") == {}
            error = await refused(host.call("blocked"))
            assert error.code == errors.OVERLOADED
            assert str(MAX_THREADS) in error.message
            assert (await refused(host.call("serial_thread"))).code == errors.OVERLOADED
            await host.call("open_gate")
        assert {call.result() for call in calls} == {"done"}
        assert await host.call("serial_thread") == 1


async def test_a_thread_whose_caller_has_gone_stays_counted() -> None:
    async with started(Kinds) as host:
        async with asyncio.TaskGroup() as tasks:
            calls = [tasks.create_task(host.call("blocked")) for _ in range(MAX_THREADS)]
            while (await host.call("look"))[0] != MAX_THREADS:
                pass
            for call in calls:
                call.cancel()
        assert (await refused(host.call("blocked"))).code == errors.OVERLOADED
        await host.call("open_gate")
        await until(lambda: host.peer.outgoing.late == MAX_THREADS)
        while True:
            try:
                result = await host.call("blocked")
            except RpcError:
                continue  # the threads come back one by one
            break
        assert result == "done"


async def test_a_thread_that_can_not_be_started_is_an_overload_and_costs_no_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with started(Kinds) as host:

        def refuse(self: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", refuse)
            for _ in range(MAX_THREADS + 1):
                error = await refused(host.call("in_thread", {"a": 1}))
                assert error.code == errors.OVERLOADED
                assert "can't start new thread" in error.message
        assert await host.call("in_thread", {"a": 1}) == [1, True]


async def test_a_stop_iteration_is_an_incident_like_any_other() -> None:
    async with started(Kinds) as host:
        assert (await refused(host.call("stops"))).code == errors.INTERNAL_ERROR
        assert await host.call("plugin.ping") == {}


async def test_a_result_that_json_can_not_express_fails_that_call() -> None:
    async with started(Kinds) as host:
        assert (await refused(host.call("not_json"))).code == errors.INVALID_RESULT


async def test_bad_parameters_name_the_parameter() -> None:
    async with started(Greeter) as host:
        error = await refused(host.call("greet", {"nam": "x"}))
        assert error.code == errors.INVALID_PARAMS
        error = await refused(host.call("greet", {"name": 5}))
        assert error.data == {"parameter": "name"}


async def test_an_unknown_method_is_told_the_near_names() -> None:
    async with started(Greeter) as host:
        error = await refused(host.call("gret"))
        assert error.code == errors.METHOD_NOT_FOUND
        assert error.message == "there is no method 'gret'; did you mean greet?"
        assert error.data == {"near": ["greet"]}
        assert (await refused(host.call("zzz"))).data == {"near": []}


async def test_a_call_in_the_wrong_shape_names_the_right_one() -> None:
    async with started(Greeter) as host:
        error = await refused(host.call("stream"))
        assert error.code == errors.WRONG_SHAPE
        assert "host.stream" in error.message
        error = await refused(host.read("greet", {"name": "x"}))
        assert error.code == errors.WRONG_SHAPE
        assert "host.call" in error.message
