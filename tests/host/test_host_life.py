"""A host's own life: entering and leaving from anywhere, leaving nothing, one host per data folder."""

import asyncio
import os
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from host import AlreadyRunning, HostClosed, PluginHost, PluginView
from host.timing import Timing

Until = Callable[..., Awaitable[PluginView]]
Write = Callable[..., Path]
LeftOver = Callable[[], list[str]]

NEVER_S = 3_600.0


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").is_dir() else 0  # noqa: PTH208


async def test_a_host_is_entered_in_one_task_and_left_in_another(examples: Path, left_over: LeftOver) -> None:
    host = PluginHost(plugins=[examples / "hello"], autoload=True)

    async def enter() -> None:
        await host.__aenter__()

    async def call() -> None:
        assert await host.call("hello", "greet", {"name": "you"}) == "Hello, you"

    async def leave() -> None:
        await host.__aexit__(None, None, None)

    for step in (enter, call, leave):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(step)
    assert left_over() == []


async def test_a_lifespan_that_is_a_generator_can_hold_a_host(examples: Path, left_over: LeftOver) -> None:
    @asynccontextmanager
    async def lifespan() -> AsyncGenerator[PluginHost, None]:
        async with PluginHost(plugins=[examples / "hello"], autoload=True) as host:
            yield host

    started, stop = anyio.Event(), anyio.Event()
    hosts: list[PluginHost] = []

    async def server() -> None:
        async with lifespan() as host:
            hosts.append(host)
            started.set()
            await stop.wait()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server)
        with anyio.fail_after(20):
            await started.wait()
        assert await hosts[0].call("hello", "greet", {"name": "you"}) == "Hello, you"
        stop.set()
    assert left_over() == []


async def test_a_host_that_is_left_leaves_neither_processes_nor_descriptors(
    examples: Path, tmp_path: Path, left_over: LeftOver
) -> None:
    open_before: list[int] = []
    for _ in range(3):
        async with PluginHost(plugins=[examples], data=tmp_path / "data") as host:
            await host.load("hello")
            await host.load("counter")
            assert left_over() != []
        assert left_over() == []
        open_before.append(descriptors())
    assert open_before[0] == open_before[-1]


def test_hosts_can_follow_each_other_in_one_process_each_in_a_loop_of_its_own(
    examples: Path, left_over: LeftOver
) -> None:
    async def one() -> object:
        async with PluginHost(plugins=[examples / "hello"], autoload=True) as host:
            return await host.call("hello", "greet", {"name": "you"})

    assert [asyncio.run(one()) for _ in range(3)] == ["Hello, you"] * 3
    assert left_over() == []


async def test_two_hosts_with_their_own_data_folders_live_side_by_side(
    examples: Path, tmp_path: Path, left_over: LeftOver
) -> None:
    async with (
        PluginHost(plugins=[examples / "counter"], data=tmp_path / "a", autoload=True) as first,
        PluginHost(plugins=[examples / "counter"], data=tmp_path / "b", autoload=True) as second,
    ):
        await first.call("counter", "incr", {"by": 5})
        assert await second.call("counter", "value") == 0
        await second.kill("counter")
        assert await first.call("counter", "value") == 5
    assert left_over() == []


def test_a_host_can_live_in_a_thread_that_is_not_the_main_one(examples: Path, left_over: LeftOver) -> None:
    results: list[object] = []

    async def one() -> None:
        async with PluginHost(plugins=[examples / "hello"], autoload=True) as host:
            results.append(await host.call("hello", "greet", {"name": "you"}))

    thread = threading.Thread(target=lambda: asyncio.run(one()))
    thread.start()
    thread.join(30)

    assert results == ["Hello, you"]
    assert left_over() == []


async def test_a_host_is_entered_once_at_a_time(examples: Path) -> None:
    async with PluginHost(plugins=[examples / "hello"], autoload=True) as host:
        with pytest.raises(HostClosed, match="entered already"):
            await host.__aenter__()
        assert await host.call("hello", "greet", {"name": "you"}) == "Hello, you"


async def test_a_host_that_does_not_run_refuses_everything_and_says_so(examples: Path) -> None:
    host = PluginHost(plugins=[examples / "hello"])

    async def refuses_all() -> None:
        with pytest.raises(HostClosed, match="async with PluginHost"):
            await host.call("hello", "greet", {"name": "you"})
        with pytest.raises(HostClosed):
            await anext(host.stream("hello", "count", {"upto": 1}))
        with pytest.raises(HostClosed):
            host.plugin("hello")
        for verb in (host.load, host.unload, host.restart, host.kill, host.enable, host.disable, host.reset):
            with pytest.raises(HostClosed):
                await verb("hello")
        with pytest.raises(HostClosed):
            await host.load_all()
        with pytest.raises(HostClosed):
            await host.rescan()
        assert host.plugins() == ()

    await refuses_all()
    async with host:
        await host.load("hello")
    await refuses_all()
    await host.aclose()


async def test_cancelling_the_task_that_holds_a_host_leaves_nothing(
    examples: Path, left_over: LeftOver
) -> None:
    active = anyio.Event()

    async def hold() -> None:
        async with PluginHost(plugins=[examples / "hello"], autoload=True):
            active.set()
            await anyio.sleep(NEVER_S)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(hold)
        with anyio.fail_after(20):
            await active.wait()
        tasks.cancel_scope.cancel()
    assert left_over() == []


async def test_cancelling_a_host_while_it_still_loads_its_plugins_leaves_nothing(
    plugins: Path, write_plugin: Write, left_over: LeftOver
) -> None:
    write_plugin("slow", "class Slow(Plugin):\n    async def on_load(self): await self.host.gate.enter()\n")
    host = PluginHost(plugins=[plugins], autoload=True)
    entered = anyio.Event()

    @host.api("gate.enter")
    async def enter() -> None:  # pyright: ignore[reportUnusedFunction]
        entered.set()
        await anyio.sleep(NEVER_S)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(host.__aenter__)
        with anyio.fail_after(20):
            await entered.wait()
        tasks.cancel_scope.cancel()
    assert left_over() == []
    with pytest.raises(HostClosed):
        host.plugin("slow")


async def test_an_exception_in_the_body_comes_out_as_it_is_and_leaves_nothing(
    examples: Path, left_over: LeftOver
) -> None:
    class MyError(Exception): ...

    with pytest.raises(MyError):
        async with PluginHost(plugins=[examples / "hello"], autoload=True):
            raise MyError
    assert left_over() == []


async def test_all_that_is_enabled_is_loaded_where_autoload_says_so(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("good", "class Good(Plugin): ...\n")
    write_plugin("wrong", "class Wrong(Plugin):\n    async def on_load(self): raise SystemError('no')\n")
    write_plugin("refused", "import no_such_module\nclass Refused(Plugin): ...\n")

    async with PluginHost(plugins=[plugins], autoload=True) as host:
        assert host.plugin("good").state == "active"
        assert host.plugin("wrong").state == "backoff"
        assert host.plugin("refused").state == "error"
        assert "no_such_module" in host.plugin("refused").reason


async def test_a_second_host_on_the_same_data_folder_is_told_who_holds_it(
    examples: Path, tmp_path: Path
) -> None:
    async with PluginHost(plugins=[examples / "hello"], data=tmp_path / "data", autoload=True) as host:
        second = PluginHost(plugins=[examples / "hello"], data=tmp_path / "data")
        with pytest.raises(AlreadyRunning, match=str(os.getpid())) as caught:
            await second.__aenter__()
        assert caught.value.data["pid"] == os.getpid()
        assert await host.call("hello", "greet", {"name": "you"}) == "Hello, you"

    async with PluginHost(plugins=[examples / "hello"], data=tmp_path / "data") as third:
        assert third.plugin("hello").state == "discovered"


async def test_a_host_without_plugins_is_a_host(tmp_path: Path) -> None:
    async with PluginHost(data=tmp_path / "data") as host:
        assert host.plugins() == ()
        assert await host.load_all() == {}


async def test_a_closing_host_can_be_hastened(
    plugins: Path, write_plugin: Write, left_over: LeftOver
) -> None:
    write_plugin(
        "reluctant",
        """
        import asyncio

        class Reluctant(Plugin):
            async def on_unload(self) -> None:
                await self.host.gate.enter()
        """,
    )
    host = PluginHost(plugins=[plugins], autoload=True, timing=Timing(unload_s=NEVER_S, drain_s=NEVER_S))
    unloading = anyio.Event()

    @host.api("gate.enter")
    async def enter() -> None:  # pyright: ignore[reportUnusedFunction]
        unloading.set()
        await anyio.sleep(NEVER_S)

    await host.__aenter__()
    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(host.aclose)
            await unloading.wait()
            host.hasten()
    assert left_over() == []
