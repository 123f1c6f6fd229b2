"""Plugins that call plugins, through the host: permission, budget, cancelling."""

import textwrap
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from host import CallCycle, CallDepth, DeadlineExceeded, Denied, PluginError, PluginHost

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


CHAIN = """
class Link(Plugin):
    @method
    async def go(self, way: list[str], ctx: Context) -> Any:
        if not way:
            return [ctx.traceparent]
        return [ctx.traceparent, *await self.plugins.call(way[0], "go", way=way[1:])]

    @method
    async def twice(self, other: str) -> Any:
        return [await self.plugins.call(other, "go", {"way": []}) for _ in range(2)]

    @method
    async def count(self, way: list[str]) -> AsyncGenerator[int, None]:
        if way:
            async for item in self.plugins.stream(way[0], "count", way=way[1:]):
                yield item
        else:
            yield 7

    @method
    async def others(self) -> Any:
        return await self.plugins.list()
"""


@pytest.fixture
async def chain(plugins: Path, write_plugin: Write) -> AsyncIterator[PluginHost]:
    for number in range(20):
        name = f"p{number}"
        code = "from collections.abc import AsyncGenerator\n" + CHAIN
        write_plugin(name, code, 'permissions = ["plugins:call"]' if number != 1 else "")
    async with PluginHost(plugins=[plugins]) as host:
        yield host


async def load(host: PluginHost, *names: str) -> None:
    for name in names:
        await host.load(name)


async def test_plugins_that_call_each_other_in_a_circle_are_refused_and_the_way_is_named(
    chain: PluginHost,
) -> None:
    await load(chain, "p2", "p3", "p4")
    with pytest.raises(CallCycle, match="p2 -> p3 -> p4 -> p2"):
        await chain.call("p2", "go", {"way": ["p3", "p4", "p2"]})
    with pytest.raises(CallCycle, match="p2 -> p2"):
        await chain.call("p2", "go", {"way": ["p2"]}, timeout_s=5.0)
    with pytest.raises(CallCycle, match="p3 -> p4 -> p3"):
        _ = [item async for item in chain.stream("p3", "count", {"way": ["p4", "p3"]})]
    assert [item async for item in chain.stream("p3", "count", {"way": ["p4"]})] == [7]
    assert len(await chain.call("p2", "go", {"way": ["p3", "p4"]})) == 3


async def test_a_function_of_the_application_does_not_hide_a_circle(chain: PluginHost) -> None:
    code = """
    class Around(Plugin):
        @method
        async def go(self) -> Any:
            return await self.host.app.back()
    """
    place = Path(chain.plugin("p2").folder)
    (place / "main.py").write_text(
        "from plugin_sdk import *\nfrom typing import Any\n" + textwrap.dedent(code)
    )

    @chain.api("app.back")
    async def back() -> Any:
        return await chain.call("p2", "go")

    await load(chain, "p2")
    with pytest.raises(CallCycle, match="p2 -> p2"):
        await chain.call("p2", "go")


async def test_a_chain_of_calls_has_at_most_sixteen_plugins(chain: PluginHost) -> None:
    names = [f"p{number}" for number in range(2, 20)]
    await load(chain, *names)
    assert len(await chain.call("p2", "go", {"way": names[1:16]})) == 16
    with pytest.raises(CallDepth, match="at most 16"):
        await chain.call("p2", "go", {"way": names[1:17]})


async def test_all_calls_of_a_chain_share_one_trace_and_another_chain_has_its_own(chain: PluginHost) -> None:
    await load(chain, "p2", "p3", "p4")
    traces = [await chain.call("p2", "go", {"way": ["p3", "p4"]}) for _ in range(2)]
    assert [one[0] for one in traces] == [None, None]  # nobody had asked for it yet
    ids = [{text.split("-")[1] for text in one[1:]} for one in traces]
    assert [len(one) for one in ids] == [1, 1]
    assert ids[0] != ids[1]
    assert len({text.split("-")[2] for one in traces for text in one[1:]}) == 4
    first, second = await chain.call("p2", "twice", {"other": "p3"})
    assert first[0].split("-")[1] == second[0].split("-")[1]


async def test_a_plugin_lists_the_others_and_sees_which_it_may_call(chain: PluginHost) -> None:
    await load(chain, "p1", "p2")
    listed = {one["id"]: one for one in await chain.call("p2", "others")}
    assert (len(listed), "p2" in listed) == (19, False)
    assert (listed["p1"]["state"], listed["p3"]["state"], listed["p1"]["may_call"]) == (
        "active",
        "discovered",
        True,
    )
    assert not any(one["may_call"] for one in await chain.call("p1", "others") if "may_call" in one)
