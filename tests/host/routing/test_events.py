"""Events through real plugin processes: who gets what, in which order, and what is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from host import Denied, InvalidParams, LoadRefused, PluginHost

Write = Callable[..., Path]
WAIT_S = 20

LISTENER = """
import asyncio
from plugin_sdk import Event, contains, on

class Listener(Plugin):
    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.news = asyncio.Event()
        self.gate = asyncio.Event()

    def note(self, *what: Any) -> None:
        self.seen.append(list(what))
        self.news.set()

    @method
    async def wait_for(self, count: int) -> list[Any]:
        while len(self.seen) < count:
            self.news.clear()
            await self.news.wait()
        return self.seen

    @method
    async def open(self) -> None:
        self.gate.set()

    async def on_session_created(self, session: dict[str, Any]) -> None:
        self.note("created", session)

    @on(["user.login", "user.logout"])
    async def users(self, user: dict[str, Any], event: Event) -> None:
        self.note(event.topic, user)

    @on("message", where={"content": contains("!example")})
    def example(self, message: dict[str, Any]) -> None:
        self.note("example", message["content"])

    @on("typed")
    async def typed(self, number: int) -> None:
        self.note("typed", number)

    @on("slow.**")
    async def slow(self, data: Any) -> None:
        await self.gate.wait()
        self.note("slow", data)

    async def handle_event(self, event_type: str, data: Any) -> None:
        self.note("rest", event_type, data)

    async def dynamic(self, data: Any) -> None:
        self.note("dynamic", data)

    @method
    async def subscribe(self, topic: str) -> None:
        await self.events.on(topic, self.dynamic)

    @method
    async def unsubscribe(self) -> None:
        await self.events.off(self.dynamic)
"""
EMITTER = """
class Emitter(Plugin):
    @method
    async def emit(self, topic: str, data: Any = None) -> int:
        return await self.events.emit(topic, data)

    @method
    async def own(self) -> str:
        return self.events.own("x")
"""


async def seen(host: PluginHost, count: int) -> list[Any]:
    return await host.call("listener", "wait_for", {"count": count}, timeout_s=WAIT_S)


async def test_handlers_by_name_by_decorator_and_for_the_rest(plugins: Path, write_plugin: Write) -> None:
    write_plugin("listener", LISTENER)
    async with PluginHost([plugins], autoload=True) as host:
        await host.emit("session.created", {"id": 1})
        await host.emit("user.login", {"name": "ada"})
        await host.emit("user.logout", {"name": "ada"})
        await host.emit("message", {"content": "nothing"})
        await host.emit("message", {"content": "say !example"})
        await host.emit("something.else", [1])
        await host.emit("typed", 7)
        found = await seen(host, 6)
    assert sorted(found, key=str) == [
        ["created", {"id": 1}],
        ["example", "say !example"],
        ["rest", "something.else", [1]],
        ["typed", 7],
        ["user.login", {"name": "ada"}],
        ["user.logout", {"name": "ada"}],
    ]


async def test_the_events_of_one_subscription_come_in_order(plugins: Path, write_plugin: Write) -> None:
    write_plugin("listener", LISTENER)
    async with PluginHost([plugins], autoload=True) as host:
        for number in range(2_000):
            await host.emit("typed", number)
            if number % 100 == 99:
                await seen(host, number + 1)
        assert await seen(host, 2_000) == [["typed", number] for number in range(2_000)]
        (lag,) = await host.events.lag()
        assert (lag.plugin, lag.delivered, lag.lost) == ("listener", 2_000, 0)


async def test_a_plugin_that_does_not_handle_its_events_loses_the_oldest_and_others_none(
    plugins: Path, write_plugin: Write, caplog: pytest.LogCaptureFixture
) -> None:
    write_plugin("listener", LISTENER)
    write_plugin("other", LISTENER)
    async with PluginHost([plugins], autoload=True) as host:
        await host.call("other", "open")
        for number in range(2_000):
            await host.emit("slow.one", number)
            if number % 100 == 99:
                await host.call("other", "wait_for", {"count": number + 1}, timeout_s=WAIT_S)
        lag = {one.plugin: one for one in await host.events.lag()}
        assert lag["other"].lost == 0
        assert lag["listener"].lost == 2_000 - 256 - 1_000
        assert "events were lost" in caplog.text
        await host.call("listener", "open")
        numbers = [number for _, number in await seen(host, 1_256)]
        assert numbers == [*range(256), *range(1_000, 2_000)]


async def test_a_plugin_emits_freely_under_its_own_topics_alone(plugins: Path, write_plugin: Write) -> None:
    write_plugin("listener", LISTENER)
    write_plugin("emitter", EMITTER, 'permissions = ["events:emit:orders.*"]\n')
    async with PluginHost([plugins], autoload=True) as host:
        assert await host.call("emitter", "own") == "plugin.emitter.x"
        await host.call("emitter", "emit", {"topic": "ready", "data": 1})
        await host.call("emitter", "emit", {"topic": "orders.new", "data": 2})
        with pytest.raises(Denied, match=r"events:emit:orders\.new\.late"):
            await host.call("emitter", "emit", {"topic": "orders.new.late"})
        with pytest.raises(Denied, match="host's own"):
            await host.call("emitter", "emit", {"topic": "plughost.ready"})
        with pytest.raises(Denied):
            await host.call("emitter", "emit", {"topic": "plugin.other.ready"})
        with pytest.raises(InvalidParams, match="topic: found"):
            await host.call("emitter", "emit", {"topic": "a..b"})
        assert await seen(host, 2) == [["rest", "plugin.emitter.ready", 1], ["rest", "orders.new", 2]]


async def test_subscriptions_from_code_that_runs(plugins: Path, write_plugin: Write) -> None:
    write_plugin("listener", LISTENER)
    async with PluginHost([plugins], autoload=True) as host:
        await host.call("listener", "subscribe", {"topic": "late.*"})
        await host.emit("late.one", 1)
        assert await seen(host, 1) == [["dynamic", 1]]
        await host.call("listener", "unsubscribe")
        await host.emit("late.two", 2)
        assert await seen(host, 2) == [["dynamic", 1], ["rest", "late.two", 2]]
        with pytest.raises(InvalidParams, match="topic: found"):
            await host.call("listener", "subscribe", {"topic": "**.late"})


async def test_a_handler_that_fails_is_logged_and_the_next_event_comes(
    plugins: Path, write_plugin: Write, caplog: pytest.LogCaptureFixture
) -> None:
    write_plugin("listener", LISTENER)
    async with PluginHost([plugins], autoload=True) as host:
        await host.emit("typed", "seven")
        await host.emit("typed", 7)
        assert await seen(host, 1) == [["typed", 7]]
        assert "Expected `int`, got `str`" in caplog.text


async def test_the_embedding_program_handles_events_too(plugins: Path, write_plugin: Write) -> None:
    write_plugin("emitter", EMITTER)
    host = PluginHost([plugins], autoload=True)
    found: list[Any] = []
    done = anyio.Event()

    @host.events.on(["plugin.emitter.*", "user_message"], where={"n": {"above": 0}})
    async def handle(data: Any) -> None:
        found.append(data)
        if len(found) == 2:
            done.set()

    @host.events.on("user_message")
    def broken(data: Any) -> None:
        raise LookupError

    async with host:
        await host.call("emitter", "emit", {"topic": "ready", "data": {"n": 1}})
        await host.emit("user_message", {"n": 0})
        await host.emit("user_message", {"n": 2})
        with anyio.fail_after(WAIT_S):
            await done.wait()
    assert found == [{"n": 1}, {"n": 2}]
    with pytest.raises(InvalidParams):
        host.events.on("a..b")


async def test_a_declared_topic_checks_data_and_who_subscribes(plugins: Path, write_plugin: Write) -> None:
    write_plugin("listener", LISTENER)
    write_plugin("emitter", EMITTER)
    host = PluginHost([plugins], autoload=False)
    schema = {
        "type": "object",
        "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
        "required": ["id", "name"],
    }
    host.events.declare("session.created", schema=schema, description="A session began")
    host.events.declare("user.login", permission="users:read")
    with pytest.raises(InvalidParams, match="declared already"):
        host.events.declare("user.login")
    with pytest.raises(InvalidParams, match="schema"):
        host.events.declare("x", schema={"type": "nothing"})
    async with host:
        with pytest.raises(InvalidParams, match="'name' is a required property; id: 'x' is not of"):
            await host.emit("session.created", {"id": "x"})
        with pytest.raises(LoadRefused, match="users:read"):
            await host.load("listener")
        assert host.plugin("listener").state == "error"
        write_plugin("listener", LISTENER, 'permissions = ["read:users"]\n')
        await host.rescan()
        await host.load("listener")
        await host.emit("session.created", {"id": 1, "name": "x"})
        assert await seen(host, 1) == [["created", {"id": 1, "name": "x"}]]
        assert {"session.created", "user.login"} <= set(host.events.topics())


async def test_a_name_that_could_mean_two_topics_is_refused(plugins: Path, write_plugin: Write) -> None:
    write_plugin("listener", LISTENER)
    host = PluginHost([plugins])
    host.events.declare("session.created")
    host.events.declare("session-created")
    async with host:
        with pytest.raises(LoadRefused, match=r"on_session_created could mean session-created or session\.c"):
            await host.load("listener")


async def test_the_host_tells_what_becomes_of_plugins(plugins: Path, write_plugin: Write) -> None:
    write_plugin("listener", LISTENER)
    write_plugin("emitter", EMITTER)
    async with PluginHost([plugins]) as host:
        await host.load("listener")
        await host.call("listener", "subscribe", {"topic": "plughost.plugin.active"})
        await host.load("emitter")
        said = {"plugin": "emitter", "old": "loading", "new": "active", "reason": ""}
        assert await seen(host, 1) == [["dynamic", said]]


async def test_a_thousand_events_at_once_reach_everybody(plugins: Path, write_plugin: Write) -> None:
    write_plugin("listener", LISTENER)
    write_plugin("emitter", EMITTER)
    async with PluginHost([plugins], autoload=True) as host:
        async with anyio.create_task_group() as tasks:
            for number in range(500):
                tasks.start_soon(host.call, "emitter", "emit", {"topic": "ready", "data": number})
                tasks.start_soon(host.emit, "typed", number)
        found = await seen(host, 1_000)
        assert sorted(one[1] for one in found if one[0] == "typed") == list(range(500))
        assert sorted(one[2] for one in found if one[0] == "rest") == list(range(500))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("@on('a..b')\n    async def x(self, data: Any) -> None: ...", "topic: found 'a..b'"),
        ("@on('a', where={'n': {'above': 'x'}})\n    async def x(self, data: Any) -> None: ...", "where.n"),
        ("@on('a')\n    async def x(self) -> None: ...", "is called with (data)"),
        ("@on('a')\n    async def x(self, a: int, b: int) -> None: ...", "is called with (data)"),
        ("async def handle_event(self, data: Any) -> None: ...", "is called with (event_type, data)"),
    ],
)
async def test_a_subscription_that_can_not_work_is_a_load_fault_that_names_the_method(
    plugins: Path, write_plugin: Write, code: str, said: str
) -> None:
    write_plugin("broken", f"from plugin_sdk import on\n\nclass Broken(Plugin):\n    {code}\n")
    async with PluginHost([plugins]) as host:
        with pytest.raises(LoadRefused) as caught:
            await host.load("broken")
        assert said in str(caught.value)
        assert "x" in str(caught.value) or "handle_event" in str(caught.value)
