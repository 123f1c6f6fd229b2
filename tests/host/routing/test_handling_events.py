"""Handlers of events: by name and by decorator, in code, and what is wrong with them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from host import InvalidParams, LoadRefused, PluginHost, PluginIncident
from tests.host.routing.event_plugins import EMITTER
from tests.host.routing.heard import Heard, until_true

Write = Callable[..., Path]

LISTENER = """
from plugin_sdk import Event, above, contains, on

class Listener(Plugin):
    def __init__(self):
        self.seen = []

    async def tell(self, kind, data):
        await self.host.test.heard(kind=kind, data=data)

    async def on_session_created(self, data):
        await self.tell("by name", data)

    @on(["user.login", "user.logout"])
    async def users(self, user: dict[str, Any]):
        await self.tell("by decorator", user)

    @on("message", where={"content": contains("!example"), "size": above(3)})
    def message(self, message, event: Event):
        self.wait(self.tell("filtered", [event.topic, message["content"], event.seq > 0, event.time > 0]))

    @on("order.*")
    async def orders(self, data, event):
        await self.tell("pattern", [event.topic, data])

    @on("typed")
    async def typed(self, data: list[int]):
        await self.tell("typed", sum(data))

    async def handle_event(self, event_type, data):
        if not event_type.startswith("plughost."):
            await self.tell("rest", [event_type, data])
"""


async def test_handlers_by_name_by_decorator_and_for_the_rest_each_get_theirs(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("listener", LISTENER)
    host = PluginHost([plugins], autoload=True)
    heard = Heard(host)
    async with host:
        for topic, data in (
            ("session.created", {"id": 1}),
            ("user.login", {"name": "ada"}),
            ("message", {"content": "no", "size": 9}),
            ("message", {"content": "say !example", "size": 9}),
            ("message", {"content": "say !example", "size": 1}),
            ("order.paid", 7),
            ("typed", [1, 2]),
            ("else.where", None),
        ):
            await host.emit(topic, data)
        found = await heard.until(8)
    kinds = sorted(str(one) for one in found)
    assert kinds == sorted(
        str(one)
        for one in (
            ("by name", {"id": 1}),
            ("by decorator", {"name": "ada"}),
            ("filtered", ["message", "say !example", True, True]),
            ("pattern", ["order.paid", 7]),
            ("typed", 3),
            ("rest", ["else.where", None]),
            ("rest", ["message", {"content": "no", "size": 9}]),
            ("rest", ["message", {"content": "say !example", "size": 1}]),
        )
    )


async def test_a_declared_topic_holds_data_against_its_schema_and_asks_subscribers_for_its_permission(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("emitter", EMITTER)
    write_plugin("allowed", "class A(Plugin):\n    async def on_session_created(self, data): ...\n")
    (plugins / "allowed" / "plugin.toml").write_text(
        'id = "allowed"\nversion = "1.0.0"\nentry_point = "main.py"\npermissions = ["sessions:read"]\n'
    )
    write_plugin("literal", NOSY.replace("PATTERN", "session.created"))
    write_plugin("named", "class N(Plugin):\n    async def on_session_created(self, data): ...\n")
    write_plugin("nosy", NOSY.replace("PATTERN", "session.*"))
    host = PluginHost([plugins])
    schema = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "integer"}, "user": {"type": "string"}},
    }
    host.events.declare("session.created", schema=schema, permission="sessions:read", description="A session")
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"topic": "session.created"}, "declared already"),
        ({"topic": "x", "schema": {"type": "nonsense"}}, "the schema of topic 'x'"),
        ({"topic": "x", "permission": "?"}, "the permission of topic 'x'"),
        ({"topic": "plughost.x"}, "belongs to the host"),
    ]
    for arguments, words in wrong:
        with pytest.raises(InvalidParams, match=words):
            host.events.declare(**arguments)
    async with host:
        for plugin in ("literal", "named"):
            with pytest.raises(LoadRefused, match="sessions:read"):
                await host.load(plugin)
        for plugin in ("emitter", "allowed", "nosy"):
            await host.load(plugin)
        with pytest.raises(InvalidParams) as caught:
            await host.emit("session.created", {"user": 7})
        assert "data: 'id' is a required property" in str(caught.value)
        assert "user: 7 is not of type 'string'" in str(caught.value)
        await host.emit("session.created", {"id": 1})

        async def delivered() -> bool:
            return (await host.events.lag("allowed"))[0].delivered == 1

        await until_true(delivered)
        assert (await host.events.lag("nosy"))[0].delivered == 0
        assert [one.topic for one in host.events.topics() if one.declared] == ["session.created"]
        for data in ({1, 2, object()}, "x" * 2_000_000):
            with pytest.raises(InvalidParams, match="the data of big"):
                await host.emit("big", data)


NOSY = """
from plugin_sdk import on

class Nosy(Plugin):
    @on("PATTERN")
    async def heard(self, data): ...
"""


async def test_two_topics_that_read_the_same_refuse_a_handler_by_name_and_a_later_one_is_said(
    plugins: Path, write_plugin: Write, caplog: pytest.LogCaptureFixture
) -> None:
    write_plugin(
        "named",
        """
        class Named(Plugin):
            async def on_user_logged_in(self, data: str) -> None:
                await self.host.test.heard(kind="named", data=data)
        """,
    )
    host = PluginHost([plugins])
    heard = Heard(host)
    host.events.declare("user.logged-in")
    async with host:
        await host.load("named")
        await host.emit("user.logged.in", "another")
        await host.emit("user.logged-in", "the first")
        assert await heard.until(1) == [("named", "the first")]
        assert "those of user.logged.in, which reads the same, need @on" in caplog.text
        await host.unload("named")
        with pytest.raises(
            LoadRefused, match=r"on_user_logged_in could mean user.logged-in or user.logged.in"
        ):
            await host.load("named")


async def test_a_handler_that_raises_or_gets_other_data_than_it_asks_for_is_logged_and_goes_on(
    plugins: Path, write_plugin: Write, caplog: pytest.LogCaptureFixture
) -> None:
    write_plugin(
        "typed",
        """
        class Typed(Plugin):
            async def on_tick(self, number: int) -> None:
                if number == 1:
                    raise ValueError("on purpose")
                await self.host.test.heard(kind="tick", data=number)
        """,
    )
    host = PluginHost([plugins], autoload=True)
    heard = Heard(host)
    async with host:
        for data in ("text", 1, 2):
            await host.emit("tick", data)
        assert await heard.until(1) == [("tick", 2)]
    assert "on_tick, handling tick, raised ValidationError" in caplog.text
    assert "on_tick, handling tick, raised ValueError" in caplog.text


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ('@on("a..b")\n    async def x(self, data): ...', "Bad.x: topic: found 'a..b'"),
        (
            '@on("a", where={"n": {"near": 1, "far": 2}, "": 3})\n    async def x(self, data): ...',
            "Bad.x: where",
        ),
        (
            '@on("a..b")\n    async def x(self, data): ...\n'
            '    @on("ok", where={"": 3})\n    async def y(self, data): ...',
            "Bad.x: topic: .*; Bad.y: where: ",
        ),
        (
            '@on("a.b", where={"x": object()})\n    async def x(self, data): ...',
            r"Bad.x: where.x.equals: found a value of type object; allowed: what JSON can express",
        ),
        ("async def on_a(self): ...", "on_a: a handler of events is called with"),
        ("async def on_a(self, data: object()): ...", "on_a"),
        ("async def handle_event(self, data): ...", r"called with \(event_type, data\)"),
    ],
)
async def test_a_handler_that_can_not_be_used_refuses_the_load_and_is_named(
    plugins: Path, write_plugin: Write, code: str, words: str
) -> None:
    write_plugin("bad", f"from plugin_sdk import on\n\nclass Bad(Plugin):\n    {code}\n")
    async with PluginHost([plugins]) as host:
        with pytest.raises(LoadRefused, match=words):
            await host.load("bad")


async def test_subscriptions_in_code_begin_and_end_and_are_checked(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin(
        "late",
        """
        from plugin_sdk import contains

        class Late(Plugin):
            @method
            async def begin(self, topics: list[str]):
                await self.events.on(topics, self.heard, where={"text": contains("x")})

            @method
            async def end(self):
                await self.events.off(self.heard)

            def heard(self, data):
                self.wait(self.host.test.heard(kind="late", data=data["text"]))
        """,
    )
    host = PluginHost([plugins], autoload=True)
    heard = Heard(host)
    async with host:
        await host.call("late", "begin", {"topics": ["a", "b.**"]})
        for topic, text in (("a", "x"), ("a", "y"), ("b", "x1"), ("b.c.d", "x2")):
            await host.emit(topic, {"text": text})
        assert await heard.until(2) == [("late", "x"), ("late", "x2")]
        await host.call("late", "end")
        before = (await host.events.lag("late"))[0].delivered
        await host.emit("a", {"text": "x3"})
        await host.call("late", "begin", {"topics": ["a"]})
        await host.emit("a", {"text": "x4"})
        assert (await heard.until(3))[2:] == [("late", "x4")]
        assert (await host.events.lag("late"))[0].delivered == before + 1
        with pytest.raises(PluginIncident):
            await host.call("late", "begin", {"topics": ["a..b"]})


HEARS_ALL = """
class HearsAll(Plugin):
    async def handle_event(self, event_type: str, data: Any) -> None: ...
"""


async def test_what_happens_while_a_plugin_leaves_is_no_loss_of_its(
    plugins: Path, write_plugin: Write, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("first", "second", "third"):
        write_plugin(name, HEARS_ALL)
    async with PluginHost([plugins], autoload=True):
        pass  # each change of state is an event, and they leave side by side
    assert "were lost" not in caplog.text
