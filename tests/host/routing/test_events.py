"""Events that may be lost, through real plugin processes."""

from collections.abc import Callable
from pathlib import Path

from host import PluginHost
from tests.host.routing.heard import Heard

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
