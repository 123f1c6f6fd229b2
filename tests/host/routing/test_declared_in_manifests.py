"""Subscriptions, triggers, hooks and topics that a manifest declares, with real plugin processes."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from host import InvalidParams, LoadRefused, PluginHost

Write = Callable[..., Path]
WAIT_S = 20.0

LISTENER = """
class Listener(Plugin):
    async def on_load(self) -> None:
        self.heard: list[Any] = []

    async def got(self, data: Any) -> None:
        await self.storage.append("heard", data)
        await self.events.emit("heard", data)

    async def on_user_login(self, data: Any) -> None:
        await self.storage.append("logins", data)
        await self.events.emit("heard", data)

    async def check(self, value: Any) -> Any:
        from plugin_sdk import deny, replace
        if value == "bad":
            return deny("it is bad")
        return replace(f"{value}!")

    @method
    async def made(self, data: Any, topic: str = "made") -> int:
        return await self.events.emit(topic, data)

    @method
    async def kept(self, key: str) -> Any:
        return await self.storage.get(key, [])
"""


class Heard:
    """What the plugin tells of what it heard."""

    def __init__(self, host: PluginHost) -> None:
        self._host = host
        self._count = 0
        self._news = anyio.Event()
        host.on("plugin.listener.heard")(self._take)

    async def _take(self, _data: Any) -> None:
        self._count += 1
        self._news.set()

    async def times(self, count: int) -> None:
        """Wait until it heard so often."""
        with anyio.fail_after(WAIT_S):
            while self._count < count:
                self._news = anyio.Event()
                await self._news.wait()


async def test_subscriptions_and_triggers_call_the_methods_that_they_name(
    plugins: Path, write_plugin: Write
) -> None:
    manifest = """
        [[triggers]]
        event = "message_received"
        handler = "got"
        [[triggers]]
        event = "user_login"
        handler = "on_user_login"
        [[subscriptions]]
        handler = "got"
        topics = ["order.*"]
        where = { pieces = { above = 2 } }
    """
    write_plugin("listener", LISTENER, manifest)
    host = PluginHost([plugins], autoload=True)
    heard = Heard(host)
    async with host:
        for topic, data in (
            ("message_received", 1),
            ("user_login", 2),
            ("order.made", {"pieces": 3}),
            ("order.made", {"pieces": 1}),
            ("order.gone", {"pieces": 4}),
        ):
            await host.emit(topic, data)
        await heard.times(4)
        assert await host.call("listener", "kept", {"key": "heard"}) == [1, {"pieces": 3}, {"pieces": 4}]
        assert await host.call("listener", "kept", {"key": "logins"}) == [2]


async def test_a_durable_one_is_fed_before_its_plugin_ever_ran(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin(
        "listener", LISTENER, '[[subscriptions]]\nhandler = "got"\ntopics = ["order.made"]\ndurable = true\n'
    )
    data = tmp_path / "data"
    async with PluginHost([plugins], data=data) as host:
        await host.emit("order.made", {"n": 1})
        [lag] = await host.events.lag("listener")
        assert (lag.subscription, lag.durable, lag.waiting) == ("got", True, 1)
    host = PluginHost([plugins], data=data)
    heard = Heard(host)
    async with host:
        await host.emit("order.made", {"n": 2})
        await host.load("listener")
        await heard.times(2)
        assert await host.call("listener", "kept", {"key": "heard"}) == [{"n": 1}, {"n": 2}]


@pytest.mark.parametrize("fail", ["closed", "open"])
async def test_a_hook_is_in_force_from_discovery_on(plugins: Path, write_plugin: Write, fail: str) -> None:
    write_plugin(
        "listener", LISTENER, f'[[hooks]]\nhook = "message.before"\nhandler = "check"\nfail = "{fail}"\n'
    )
    async with PluginHost([plugins]) as host:
        before = await host.hook("message.before", "hello")
        assert before.allowed is (fail == "open")
        assert before.code == ("" if fail == "open" else "hook_unavailable")
        await host.load("listener")
        assert (await host.hook("message.before", "hello")).value == "hello!"
        assert (await host.hook("message.before", "bad")).reason == "it is bad"
        await host.disable("listener")
        assert (await host.hook("message.before", "bad")).allowed


async def test_a_hook_that_was_released_comes_back_with_the_next_load(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("listener", LISTENER, '[[hooks]]\nhook = "m.x"\nhandler = "check"\nfail = "closed"\n')
    async with PluginHost([plugins]) as host:
        assert host.hooks.release("listener")
        assert await host.hook("m.x", 1)
        await host.load("listener")
        await host.unload("listener")
        assert not await host.hook("m.x", 1)


async def test_a_hook_without_its_permission_is_not_in_force(plugins: Path, write_plugin: Write) -> None:
    write_plugin("listener", LISTENER, '[[hooks]]\nhook = "m.x"\nhandler = "check"\nfail = "closed"\n')
    host = PluginHost([plugins])
    host.hooks.declare("m.x", permission="messages:manage")
    async with host:
        assert await host.hook("m.x", 1)
        with pytest.raises(LoadRefused, match="messages:manage"):
            await host.load("listener")


async def test_topics_hold_for_what_their_plugin_emits(plugins: Path, write_plugin: Write) -> None:
    manifest = """
        permissions = ["events:emit:order.*"]
        [[topics]]
        name = "made"
        description = "Something was made."
        durable = true
        schema = { properties = { n = { type = "integer" } }, required = ["n"] }
        [[topics]]
        name = "order.made"
        schema = { properties = { n = { type = "integer" } } }
    """
    write_plugin("listener", LISTENER, manifest)
    async with PluginHost([plugins], autoload=True) as host:
        known = {one.topic: one for one in host.events.topics()}
        made = known["plugin.listener.made"]
        assert (made.declared, made.durable, made.by) == (True, True, "listener")
        assert made.description == "Something was made."
        appended = host.events.statistics().logged
        assert await host.call("listener", "made", {"data": {"n": 1}}) > 0
        assert host.events.statistics().logged == appended + 1
        for topic in ("made", "order.made"):
            with pytest.raises(InvalidParams, match="n: 'x' is not of type 'integer'"):
                await host.call("listener", "made", {"data": {"n": "x"}, "topic": topic})
        # Of the application's own topic a plugin's word does not hold for the application.
        await host.emit("order.made", {"n": "x"})


async def test_what_is_declared_and_not_there_refuses_the_load_and_is_named(
    plugins: Path, write_plugin: Write
) -> None:
    manifest = """
        [[commands]]
        name = "do-it"
        [[endpoints]]
        path = "/stats"
        handler = "stats"
        [[schedules]]
        handler = "report"
        every = "24h"
    """
    write_plugin("lacking", "class Lacking(Plugin): ...\n", manifest)
    write_plugin(
        "deaf",
        "class Deaf(Plugin): ...\n",
        '[[triggers]]\nevent = "a.b"\nhandler = "got"\n[[hooks]]\nhook = "m.x"\nhandler = "check"\n',
    )
    async with PluginHost([plugins]) as host:
        with pytest.raises(LoadRefused) as raised:
            await host.load("lacking")
        for word in ("command do-it", "endpoint stats", "schedule report", "neither a method of that name"):
            assert word in raised.value.message
        with pytest.raises(LoadRefused) as raised:
            await host.load("deaf")
        assert "handled by got, and there is no method of that name" in raised.value.message
        assert "hook 'm.x' is handled by check" in raised.value.message


async def test_what_code_registers_answers_what_a_manifest_declares(
    plugins: Path, write_plugin: Write
) -> None:
    code = """
        class Coded(Plugin):
            async def on_load(self) -> None:
                await self.commands.register("do-it", self.act, description="Does it")

            async def act(self) -> str:
                return "done"
    """
    write_plugin("coded", code, '[[commands]]\nname = "do-it"\n')
    async with PluginHost([plugins], autoload=True) as host:
        assert await host.command("do-it") == "done"


async def test_where_code_says_the_same_thing_the_code_counts(plugins: Path, write_plugin: Write) -> None:
    code = """
        from plugin_sdk import on

        class Both(Plugin):
            @on("a.b")
            async def got(self, data: Any) -> None:
                await self.storage.append("heard", data)
                await self.events.emit("heard", data)

            @method
            async def kept(self) -> Any:
                return await self.storage.get("heard", [])
    """
    write_plugin("listener", code, '[[triggers]]\nevent = "a.b"\nhandler = "got"\n')
    host = PluginHost([plugins], autoload=True)
    heard = Heard(host)
    async with host:
        await host.emit("a.b", 1)
        await host.emit("a.b", 2)
        await heard.times(2)
        assert await host.call("listener", "kept") == [1, 2]


async def test_what_a_durable_handler_takes_is_nothing_for_the_rest(
    plugins: Path, write_plugin: Write
) -> None:
    code = """
        from plugin_sdk import on

        class Rest(Plugin):
            @on("a.*", where={"n": 1}, durable=True)
            async def got(self, data: Any) -> None:
                await self.events.emit("heard", ["durable", data])

            async def handle_event(self, event_type: str, data: Any) -> None:
                if event_type.startswith("a."):
                    await self.events.emit("heard", ["rest", data])
    """
    write_plugin("listener", code)
    host = PluginHost([plugins], autoload=True)
    told: list[Any] = []
    host.on("plugin.listener.heard")(told.append)
    heard = Heard(host)
    async with host:
        await host.emit("a.x", {"n": 1})
        await host.emit("a.x", {"n": 2})
        await heard.times(2)
        await host.unload("listener")
    assert sorted(told) == [["durable", {"n": 1}], ["rest", {"n": 2}]]


RAW = """
import json, sys

def send(message):
    sys.stdout.write(json.dumps(message) + "\\n"); sys.stdout.flush()

for line in sys.stdin:
    call = json.loads(line)
    name, answer = call.get("method"), {}
    if name == "plugin.initialize":
        assert [one["name"] for one in call["params"]["declared"]["hooks"]] == ["check"]
        answer = {"protocol_version": 1, "methods": []}
    elif name == "plugin.hook":
        answer = {"verdict": "deny", "reason": call["params"]["handler"]}
    if "id" in call:
        send({"jsonrpc": "2.0", "id": call["id"], "result": answer})
"""


async def test_a_program_without_the_sdk_is_sent_what_its_manifest_declares(plugins: Path) -> None:
    folder = plugins / "raw"
    folder.mkdir()
    (folder / "main.py").write_text(RAW)
    (folder / "plugin.toml").write_text(
        f'id = "raw"\nversion = "1.0.0"\ncommand = ["{sys.executable}", "main.py"]\n'
        '[[hooks]]\nhook = "m.x"\nhandler = "check"\n'
    )
    async with PluginHost([plugins], autoload=True) as host:
        assert (await host.hook("m.x", 1)).reason == "check"
