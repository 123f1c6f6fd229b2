"""Calls and streams from a plugin to its host."""

import asyncio
import contextvars
import functools
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from plugin_sdk import Plugin, PluginError, method
from plugin_sdk.api.host import Host
from protocol import errors
from protocol.incoming import Inbound, Stream
from tests.plugin_sdk.session_host import (
    HostSide,
    refused,
    started,
    until,
)


class Calling(Plugin):
    def __init__(self) -> None:
        self.tasks: set[asyncio.Task[Any]] = set()
        self.results: list[Any] = []
        self.go = asyncio.Event()

    @method
    async def by_name(self) -> Any:
        return await self.host.clock.now(zone="utc")

    @method
    async def by_position(self) -> Any:
        return await self.host.clock.zone.now("utc", 5)

    @method
    async def without(self) -> Any:
        return [await self.host.clock.now(), await self.host.call("clock.now")]

    @method
    async def mixed(self) -> str:
        try:
            self.host.clock.now("utc", zone="utc")
        except TypeError as exc:
            return str(exc)
        return "accepted"

    @method
    async def hasty(self) -> None:
        await self.host.call("clock.slow", timeout_s=0.05)

    @method
    async def patient(self) -> Any:
        return await self.host.call("clock.meta", {}, timeout_s=100)

    @method
    async def nested(self) -> Any:
        return await self.host.clock.slow()

    @method
    async def leaves_a_task(self) -> None:
        async def later() -> None:
            await self.go.wait()
            self.results.append(await self.host.clock.meta())

        self.tasks.add(asyncio.get_running_loop().create_task(later()))

    @method
    async def let_it_go(self) -> Any:
        self.go.set()
        for task in self.tasks:
            await task
        return self.results

    @method
    def waits(self) -> Any:
        return self.wait(self.host.clock.now(zone="thread"))

    @method
    def waits_long(self) -> Any:
        try:
            return self.wait(self.host.clock.slow())
        finally:
            self.results.append("woken")

    @method
    def waits_without_context(self) -> Any:
        return contextvars.Context().run(lambda: self.wait(self.host.clock.meta()))

    @method(inline=True)
    def look(self) -> list[Any]:
        return self.results

    @method
    async def waits_on_loop(self) -> str:
        call = self.host.clock.now()
        try:
            self.wait(call)
        except RuntimeError as exc:
            await call
            return str(exc)
        return "waited"

    @method
    async def reads(self) -> list[int]:
        return [item async for item in self.host.clock.ticks(count=3)]

    @method
    async def reads_by_position(self) -> list[int]:
        try:
            return [item async for item in self.host.clock.ticks(3)]
        except TypeError as exc:
            raise PluginError(str(exc)) from exc

    @method
    async def reads_one(self) -> int:
        items = aiter(self.host.clock.ticks(count=1_000_000))
        first = await anext(items)
        await items.aclose()
        return first

    @method
    async def unreadable(self) -> Any:
        return await self.host.clock.unreadable()

    @method
    async def private(self) -> list[bool]:
        return [hasattr(self.host, "__x__"), hasattr(self.host.a, "__x__"), hasattr(self.host.a.b, "__x__")]


@asynccontextmanager
async def calling() -> AsyncGenerator[tuple[HostSide, list[Inbound]]]:
    slow: list[Inbound] = []

    async def show(inbound: Inbound) -> Any:
        params: Any = msgspec.json.decode(inbound.params)
        if type(params) is dict:
            del params["_meta"]
        return [inbound.method, params]

    async def meta(inbound: Inbound) -> Any:
        return msgspec.json.decode(inbound.params)["_meta"]

    async def wait(inbound: Inbound) -> Any:
        slow.append(inbound)
        await asyncio.Event().wait()

    async def ticks(inbound: Inbound) -> Any:
        params = msgspec.json.decode(inbound.params)

        async def items() -> AsyncIterator[int]:
            for n in range(params["count"]):
                yield n

        return Stream(items(), params["_meta"]["stream"]["credit"])

    async def unreadable(inbound: Inbound) -> Any:
        return msgspec.Raw(b'"\xff"')

    async with started(Calling) as host:
        host.handlers = {
            "clock.now": show,
            "clock.zone.now": show,
            "clock.meta": meta,
            "clock.slow": wait,
            "clock.ticks": ticks,
            "clock.unreadable": unreadable,
        }
        yield host, slow


async def test_the_host_is_called_by_name_by_position_or_with_nothing() -> None:
    async with calling() as (host, _):
        assert await host.call("by_name") == ["clock.now", {"zone": "utc"}]
        assert await host.call("by_position") == ["clock.zone.now", ["utc", 5]]
        assert await host.call("without") == [["clock.now", {}]] * 2
        assert "by name, or all by position" in await host.call("mixed")
        assert await host.call("private") == [False, False, False]


async def test_a_call_to_the_host_has_its_own_deadline() -> None:
    async with calling() as (host, slow):
        error = await refused(host.call("hasty"))
        assert error.code == errors.DEADLINE_EXCEEDED
        await until(lambda: slow[0].cancelled)


async def test_a_nested_call_inherits_the_budget_and_names_its_parent() -> None:
    async with calling() as (host, _):
        meta = await host.call("patient", timeout_s=15.0)
        assert 0 < meta["deadline_ms"] <= 15_000
        assert isinstance(meta["parent"], int)


async def test_a_nested_call_is_cancelled_with_the_call_that_it_serves() -> None:
    async with calling() as (host, slow):
        async with asyncio.TaskGroup() as tasks:
            call = tasks.create_task(host.call("nested"))
            await until(lambda: slow)
            call.cancel()
        await until(lambda: slow[0].cancelled)


async def test_a_task_that_outlives_its_call_is_not_bound_to_its_budget() -> None:
    async with calling() as (host, _):
        await host.call("leaves_a_task", timeout_s=2.0)
        (meta,) = await host.call("let_it_go")
        assert "parent" not in meta
        assert 2_000 < meta["deadline_ms"] <= 5_000


async def test_a_thread_may_wait_for_the_loop() -> None:
    async with calling() as (host, _):
        assert await host.call("waits") == ["clock.now", {"zone": "thread"}]
        assert (await host.call("waits_without_context"))["deadline_ms"] <= 5_000


async def test_a_waiting_thread_is_woken_by_the_cancel_of_its_call() -> None:
    async with calling() as (host, slow):
        async with asyncio.TaskGroup() as tasks:
            call = tasks.create_task(host.call("waits_long"))
            await until(lambda: slow)
            call.cancel()
        while not await host.call("look"):
            pass
        await until(lambda: slow[0].cancelled)


async def test_waiting_on_the_loop_is_refused() -> None:
    async with calling() as (host, _):
        assert "use await" in await host.call("waits_on_loop")


async def test_a_stream_of_the_host_is_iterated() -> None:
    async with calling() as (host, _):
        assert await host.call("reads") == [0, 1, 2]
        assert await host.call("reads_one") == 0
        assert "by name" in (await refused(host.call("reads_by_position"))).message
        await until(lambda: not host.peer.incoming.in_flight)


async def test_a_result_of_the_host_that_can_not_be_read_is_its_fault() -> None:
    async with calling() as (host, _):
        error = await refused(host.call("unreadable"))
        assert error.code == errors.PROTOCOL_FAULT
        assert "clock.unreadable" in error.message


async def test_a_call_that_is_never_awaited_warns() -> None:
    host = Host(functools.partial)  # pyright: ignore[reportArgumentType]
    with pytest.warns(RuntimeWarning, match=r"clock\.now was never awaited"):
        host.clock.now()
