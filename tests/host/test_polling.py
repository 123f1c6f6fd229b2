"""A host that waits awake for lone calls, with real plugins."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import anyio
import pytest
from anyio.lowlevel import checkpoint

from host import DeadlineExceeded, PluginDied, PluginHost

Write = Callable[..., Path]

CALLS = 2_000

PLUGIN = """
import asyncio
import os
import time

class One(Plugin):
    def __init__(self) -> None:
        self._turns = 0

    async def on_load(self) -> None:
        self._work = asyncio.get_running_loop().create_task(self._count())

    async def _count(self) -> None:
        while True:
            self._turns += 1
            await asyncio.sleep(0.001)

    @method
    async def echo(self, value: Any) -> Any:
        return value

    @method
    async def turns(self) -> int:
        return self._turns

    @method
    async def stop_counting(self) -> None:
        self._work.cancel()

    @method
    async def cpu_s(self) -> float:
        return time.process_time()

    @method
    def blocking(self) -> str:
        return "from a thread"

    @method
    async def never(self) -> None:
        await asyncio.Event().wait()

    @method
    async def leave(self) -> None:
        os._exit(7)
"""


@pytest.fixture
async def host(plugins: Path, write_plugin: Write) -> AsyncIterator[PluginHost]:
    write_plugin("one", PLUGIN)
    async with PluginHost(plugins=[plugins], autoload=True, polling=True) as running:
        yield running


async def test_calls_one_after_the_other_are_answered_each_by_its_own(host: PluginHost) -> None:
    for n in range(CALLS):
        assert await host.call("one", "echo", {"value": n}) == n


async def test_the_tasks_of_host_and_plugin_go_on_while_lone_calls_follow_each_other(
    host: PluginHost,
) -> None:
    ticks = 0

    async def ticker() -> None:
        nonlocal ticks
        while True:
            await anyio.sleep(0.001)
            ticks += 1

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ticker)
        before = await host.call("one", "turns")
        with anyio.fail_after(20):
            while ticks < 20 or await host.call("one", "turns") < before + 20:
                await host.call("one", "echo", {"value": 1})
        tasks.cancel_scope.cancel()


async def test_what_takes_long_is_waited_for_as_usual(host: PluginHost) -> None:
    assert await host.call("one", "blocking") == "from a thread"
    with pytest.raises(DeadlineExceeded):
        await host.call("one", "never", timeout_s=0.3)


async def test_a_death_in_a_lone_call_is_told_with_its_facts(host: PluginHost) -> None:
    with pytest.raises(PluginDied, match="exited with code 7"):
        await host.call("one", "leave")


async def test_host_and_plugin_are_at_rest_once_nobody_calls(host: PluginHost) -> None:
    for n in range(CALLS):
        await host.call("one", "echo", {"value": n})
    await host.call("one", "stop_counting")

    def at_rest() -> bool:
        return host.plugin("one").figures.cpu_cores == 0.0

    # The watchdog's figure of a whole sweep: less than the kernel's smallest unit of CPU time.
    with anyio.fail_after(20):
        while not at_rest():
            await checkpoint()
