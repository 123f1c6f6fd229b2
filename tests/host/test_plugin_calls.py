"""Plugins that call plugins, through the host: permission, budget, cancelling."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from host import DeadlineExceeded, Denied, PluginError, PluginHost

Write = Callable[..., Path]

INNER = """
import asyncio

class Inner(Plugin):
    def __init__(self) -> None:
        self._begun = asyncio.Event()
        self._stopped = asyncio.Event()

    @method
    async def remaining(self, ctx: Context) -> float | None:
        return ctx.remaining_s()

    @method
    async def hang(self) -> None:
        self._begun.set()
        try:
            await asyncio.sleep(3600)
        finally:
            self._stopped.set()

    @method
    async def begun(self) -> None:
        await self._begun.wait()

    @method
    async def stopped(self) -> None:
        await self._stopped.wait()
"""


@pytest.fixture(params=[False, True], ids=["sleeping", "polling"])
async def host(
    request: pytest.FixtureRequest, examples: Path, plugins: Path, write_plugin: Write
) -> AsyncIterator[PluginHost]:
    write_plugin("inner", INNER)
    places = [examples / "talker", examples / "hello", examples / "streamer", plugins]
    async with PluginHost(plugins=places, autoload=True, polling=request.param) as running:
        yield running


async def ask(host: PluginHost, plugin: str, method: str, params: Any = None, **options: Any) -> Any:
    asked: dict[str, Any] = {"plugin": plugin, "method": method, "params": params or {}}
    return await host.call("talker", "ask", asked, **options)


async def test_a_plugin_calls_another_one_through_the_host(host: PluginHost) -> None:
    assert await ask(host, "hello", "greet", {"name": "talker"}) == "Hello, talker"
    assert host.plugin("hello").figures.calls == 1


async def test_a_plugin_relays_another_ones_stream(host: PluginHost) -> None:
    assert [item async for item in host.stream("talker", "relay", {"upto": 300})] == list(range(300))


async def test_a_relayed_stream_that_is_left_is_left_all_the_way(host: PluginHost) -> None:
    stream = host.stream("talker", "relay", {"upto": 1_000_000})
    assert await anext(stream) == 0
    await stream.aclose()

    # As many as one plugin may have under way: had the streams not ended, no call would get a place.
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            for _ in range(64):
                tasks.start_soon(ask, host, "hello", "greet", {"name": "you"})
        while host.plugin("streamer").figures.in_flight:
            await host.call("streamer", "work", {"steps": 1})


async def test_a_nested_call_gets_what_is_left_of_the_outer_ones_budget(host: PluginHost) -> None:
    left_s = await ask(host, "inner", "remaining", timeout_s=3.0)
    assert 0.0 < left_s <= 3.0


async def test_a_long_budget_does_not_lengthen_the_default_deadline_of_a_nested_call(
    host: PluginHost,
) -> None:
    left_s = await ask(host, "inner", "remaining", timeout_s=60.0)
    assert 0.0 < left_s <= 5.0


async def test_a_nested_call_is_cancelled_with_the_call_that_it_serves(host: PluginHost) -> None:
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: ask(host, "inner", "hang", timeout_s=60.0))
            await host.call("inner", "begun")
            tasks.cancel_scope.cancel()
        await host.call("inner", "stopped", timeout_s=15.0)


async def test_a_nested_call_ends_when_the_outer_ones_deadline_passes(host: PluginHost) -> None:
    with pytest.raises(DeadlineExceeded, match="did not answer within"):
        await ask(host, "inner", "hang", timeout_s=0.5)
    with anyio.fail_after(20):
        await host.call("inner", "stopped", timeout_s=15.0)


async def test_the_permission_to_call_plugins_is_needed_and_named(plugins: Path, write_plugin: Write) -> None:
    code = """
    class Asker(Plugin):
        @method
        async def ask(self, plugin: str) -> Any:
            return await self.host.plugins.call(plugin=plugin, method="hi", params={})
    """
    answering = 'class Answering(Plugin):\n    @method\n    async def hi(self) -> str: return "hi"\n'
    write_plugin("stranger", code)
    write_plugin("friend", code, 'permissions = ["plugins:call:answering"]')
    write_plugin("answering", answering)
    write_plugin("other", answering)

    async with PluginHost(plugins=[plugins], autoload=True) as host:
        with pytest.raises(Denied, match="plugins:call:answering"):
            await host.call("stranger", "ask", {"plugin": "answering"})
        assert await host.call("friend", "ask", {"plugin": "answering"}) == "hi"
        with pytest.raises(Denied, match="plugins:call:other"):
            await host.call("friend", "ask", {"plugin": "other"})


@pytest.mark.parametrize(
    ("plugin", "method", "failed"),
    [
        ("no-such", "greet", "plugin_not_found"),
        ("hello", "no_such", "method_not_found"),
        ("hello", "count", "wrong_shape"),
    ],
)
async def test_a_nested_call_that_fails_tells_its_plugin_why(
    host: PluginHost, plugin: str, method: str, failed: str
) -> None:
    told = await host.call("talker", "try_to_ask", {"plugin": plugin, "method": method})
    assert told["failed"] == failed


async def test_a_stopped_plugin_is_not_active_for_its_callers(host: PluginHost) -> None:
    await host.unload("hello")
    told = await host.call("talker", "try_to_ask", {"plugin": "hello", "method": "greet"})
    assert told["failed"] == "not_active"


async def test_what_is_wrong_with_another_plugin_is_not_taken_for_the_called_ones_fault(
    host: PluginHost,
) -> None:
    await host.disable("hello")
    with pytest.raises(PluginError, match="disabled"):
        await ask(host, "hello", "greet", {"name": "you"})


async def test_the_death_of_a_called_plugin_reaches_the_plugin_that_called(host: PluginHost) -> None:
    told: list[Any] = []

    async def hang() -> None:
        params = {"plugin": "inner", "method": "hang"}
        told.append(await host.call("talker", "try_to_ask", params, timeout_s=60.0))

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(hang)
            await host.call("inner", "begun")
            await host.kill("inner")
    assert told[0]["failed"] == "plugin_died"


async def test_a_plugin_asks_the_application_under_its_own_name(host: PluginHost) -> None:
    host.api("clock.now", permission="clock:read")(lambda: 12.5)
    assert await host.call("talker", "time") == 12.5
    about = await host.call("talker", "about")
    assert (about["name"], about["plugin_id"]) == ("plughost", "talker")
    assert about["session"] == host.plugin("talker").session


async def test_two_plugins_that_call_each_other_in_a_circle_end_by_their_budget(
    plugins: Path, write_plugin: Write
) -> None:
    code = """
    class Circle(Plugin):
        @method
        async def around(self, other: str, me: str) -> Any:
            params = {"other": me, "me": other}
            return await self.host.plugins.call(plugin=other, method="around", params=params)
    """
    for name in ("left", "right"):
        write_plugin(name, code, 'permissions = ["plugins:call"]')

    async with PluginHost(plugins=[plugins], autoload=True) as host:
        with anyio.fail_after(40):
            with pytest.raises(DeadlineExceeded):
                await host.call("left", "around", {"other": "right", "me": "left"}, timeout_s=1.0)
            while any(view.figures.in_flight for view in host.plugins()):
                with pytest.raises(PluginError, match="no-such"):
                    await host.call("left", "around", {"other": "no-such", "me": "left"}, timeout_s=30.0)
