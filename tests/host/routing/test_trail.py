"""What a call inherits from the one that it serves, on every way into a plugin: its trail and its budget."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import pytest

from host import CallCycle, CallDepth, Caller, HookCycle, PlughostError, PluginHost, Request

Write = Callable[..., Path]
Way = Callable[[PluginHost, str], Awaitable[Any]]

WAIT_S = 20.0
OUTER_S = 30.0

USES = """
from collections.abc import AsyncGenerator
from plugin_sdk import allow, command, endpoint, every, hook, menu_item, widget
from plugin_sdk.context import current

async def goes_on(plugin: Plugin) -> Any:
    ctx = current.get()
    trace = (ctx.traceparent or "").split("-")[1:2]
    return await plugin.host.app.goes_on(trace=trace, left_s=ctx.remaining_s())
"""
LINK = """
class Link(Plugin):
    @method
    async def go(self) -> Any:
        return await goes_on(self)

    @method
    async def items(self) -> AsyncGenerator[Any, None]:
        yield await goes_on(self)

    @command("do-PLUGIN")
    async def do(self) -> Any:
        return await goes_on(self)

    @endpoint("GET", "/get")
    async def get(self) -> Any:
        return await goes_on(self)

    @widget(title="Look", kind="text")
    async def look_PLUGIN(self) -> Any:
        await goes_on(self)
        return "seen"

    @menu_item("Act")
    async def act_PLUGIN(self) -> Any:
        return await goes_on(self)

    @every(hours=1)
    async def tick(self) -> None:
        await goes_on(self)

    @hook("HOOK")
    async def asked(self, value: Any) -> Any:
        await goes_on(self)
        return allow()

    async def on_health(self) -> Any:
        if self.is_loaded:
            await goes_on(self)
        return {"status": "healthy"}

    is_loaded = False

    async def on_load(self) -> None:
        self.is_loaded = True
"""


async def calls(host: PluginHost, plugin: str) -> Any:
    return await host.call(plugin, "go", timeout_s=OUTER_S)


async def streams(host: PluginHost, plugin: str) -> Any:
    return [item async for item in host.stream(plugin, "items")]


async def answers(host: PluginHost, plugin: str) -> Any:
    response = await host.dispatch(Request("GET", f"/api/plugins/{plugin}/get"))
    if response.status != 204:
        assert response.data["error"]["code"] == "call_cycle"
        raise CallCycle(response.data["error"]["message"])
    return response


WAYS: dict[str, Way] = {
    "call": calls,
    "stream": streams,
    "command": lambda host, plugin: host.command(f"do-{plugin}"),
    "command by the contract": lambda host, plugin: host.contract.command(plugin, f"do-{plugin}"),
    "endpoint": answers,
    "widget": lambda host, plugin: host.ui.widget_data(plugin, f"look_{plugin}"),
    "menu item": lambda host, plugin: host.ui.invoke(plugin, f"act_{plugin}"),
    "schedule": lambda host, plugin: host.schedule.run(plugin, "tick"),
    "hook": lambda host, plugin: host.hook(f"ask.{plugin}"),
    "health": lambda host, plugin: host.health(plugin),
}


class Chain:
    """Goes from plugin to plugin: each that is entered has the application take the next step."""

    def __init__(self, host: PluginHost) -> None:
        self.host = host
        self.steps: list[tuple[str, str]] = []
        self.entered: list[str] = []
        self.traces: list[list[str]] = []
        self.left_s: list[float] = []
        self.refused: list[PlughostError] = []
        """What came of steps, the innermost first."""
        host.api("app.goes_on")(self._goes_on)

    async def run(self, *steps: tuple[str, str]) -> None:
        """Take these steps, each of which is made while the one before is served."""
        self.steps = [*steps]
        for kept in (self.entered, self.traces, self.left_s, self.refused):
            kept.clear()
        with anyio.fail_after(WAIT_S), suppress(PlughostError):
            await self._step()

    async def _step(self) -> Any:
        way, plugin = self.steps.pop(0)
        try:
            return await WAYS[way](self.host, plugin)
        except PlughostError as exc:
            self.refused.append(exc)
            raise

    async def _goes_on(self, caller: Caller, trace: list[str], left_s: float) -> None:
        self.entered.append(caller.plugin)
        self.traces.append(trace)
        self.left_s.append(left_s)
        if self.steps:
            await self._step()


@pytest.fixture
async def chain(plugins: Path, write_plugin: Write) -> AsyncIterator[Chain]:
    for name in "abc":
        write_plugin(name, USES + LINK.replace("PLUGIN", name).replace("HOOK", f"ask.{name}"))
    made = Chain(PluginHost([plugins], autoload=True))
    async with made.host:
        yield made


async def test_a_plugin_that_was_entered_on_any_way_can_call_nobody_who_waits_for_it(chain: Chain) -> None:
    for way in WAYS:
        await chain.run(("call", "a"), (way, "b"), ("call", "c"), ("call", "a"))
        assert isinstance(chain.refused[0], CallCycle), way
        assert "a -> b -> c -> a" in chain.refused[0].message, way
        assert chain.entered == ["a", "b", "c"], way


async def test_a_plugin_that_waits_is_entered_again_on_no_way_but_by_its_hook(chain: Chain) -> None:
    for way in WAYS:
        await chain.run(("call", "a"), ("call", "b"), (way, "a"))
        if way == "hook":
            assert (chain.entered, chain.refused) == (["a", "b", "a"], [])
        else:
            assert isinstance(chain.refused[0], CallCycle), way
            assert chain.entered == ["a", "b"], way


async def test_the_trace_and_the_budget_of_a_call_reach_what_it_enters_on_any_way(chain: Chain) -> None:
    for way in WAYS:
        await chain.run(("call", "a"), (way, "b"), ("call", "c"))
        assert (chain.entered, chain.refused) == (["a", "b", "c"], []), way
        assert chain.traces[0] == [], way  # nobody had asked for one yet
        assert chain.traces[1] == chain.traces[2] != [], way
        assert chain.left_s[2] <= chain.left_s[1] <= chain.left_s[0] <= OUTER_S, way


async def test_a_plugin_may_ask_itself_for_what_it_offers_but_not_for_what_it_is_asked(chain: Chain) -> None:
    for way in WAYS:
        if way not in ("call", "stream"):
            await chain.run(("call", "a"), (way, "a"))
            assert (chain.entered, chain.refused) == (["a", "a"], []), way
    for way in WAYS:
        # Who looks at a widget waits for the picture that is made for another one; hooks have their own rule.
        if way not in ("widget", "hook"):
            await chain.run((way, "a"), (way, "a"))
            assert isinstance(chain.refused[0], CallCycle), way
            assert chain.entered == ["a"], way


async def test_no_way_between_hides_that_a_hook_triggers_itself(chain: Chain) -> None:
    for way in WAYS:
        if way != "hook":
            await chain.run(("hook", "a"), (way, "b"), ("hook", "a"))
            assert isinstance(chain.refused[0], HookCycle), way
            assert "ask.a > ask.a" in chain.refused[0].message, way
            assert chain.entered == ["a", "b"], way


ROUND = """
class Round(Plugin):
    entered = 0

    @command("PLUGIN-round")
    async def round(self) -> Any:
        self.entered += 1
        return await self.commands.invoke("OTHER", "OTHER-round")

    @command("PLUGIN-self")
    async def again(self) -> Any:
        self.entered += 1
        return await self.commands.invoke("PLUGIN", "PLUGIN-self")

    @endpoint("GET", "/round")
    async def ask(self) -> Any:
        self.entered += 1
        response = await self.api.request("/api/plugins/OTHER/round")
        return [response.status, response.data]

    @method
    async def count(self) -> int:
        return self.entered

    @method
    async def descend(self, deep: int) -> Any:
        for number in range(deep):
            async def step(number: int = number) -> Any:
                if number + 1 == deep:
                    return "the ground"
                return await self.commands.invoke("PLUGIN", f"PLUGIN-{number + 1}")
            await self.commands.register(f"PLUGIN-{number}", step)
        return await self.commands.invoke("PLUGIN", "PLUGIN-0")
"""


@pytest.fixture
async def round_trip(plugins: Path, write_plugin: Write) -> AsyncIterator[PluginHost]:
    for name, other in ("ab", "ba"):
        code = USES + ROUND.replace("PLUGIN", name).replace("OTHER", other)
        write_plugin(name, code, 'permissions = ["commands:call"]\n')
    async with PluginHost([plugins], autoload=True) as host:
        yield host


async def entered(host: PluginHost) -> list[int]:
    return [await host.call(plugin, "count") for plugin in "ab"]


async def test_plugins_that_request_each_other_in_a_circle_are_each_entered_once(
    round_trip: PluginHost,
) -> None:
    with anyio.fail_after(WAIT_S):
        response = await round_trip.dispatch(Request("GET", "/api/plugins/a/round"))
    status, inner = response.data
    assert (response.status, status, inner[0]) == (200, 200, 508)
    assert inner[1]["error"]["code"] == "call_cycle"
    assert "a -> b -> a" in inner[1]["error"]["message"]
    assert await entered(round_trip) == [1, 1]


async def test_plugins_that_invoke_each_others_commands_in_a_circle_are_each_entered_once(
    round_trip: PluginHost,
) -> None:
    with anyio.fail_after(WAIT_S), pytest.raises(CallCycle, match="a -> b -> a"):
        await round_trip.command("a-round")
    assert await entered(round_trip) == [1, 1]


async def test_a_command_that_invokes_itself_is_entered_once(round_trip: PluginHost) -> None:
    with anyio.fail_after(WAIT_S), pytest.raises(CallCycle, match="a -> a"):
        await round_trip.command("a-self")
    assert await entered(round_trip) == [1, 0]


async def test_commands_that_invoke_each_other_go_sixteen_deep(round_trip: PluginHost) -> None:
    with anyio.fail_after(WAIT_S):
        assert await round_trip.call("a", "descend", {"deep": 15}) == "the ground"
        with pytest.raises(CallDepth, match="at most 16"):
            await round_trip.call("b", "descend", {"deep": 16})
