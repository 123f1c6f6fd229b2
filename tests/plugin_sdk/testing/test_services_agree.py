"""What else a host answers is answered alike in memory and by a real host; errors count by their names."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plugin_sdk.testing import PluginHarness, read_folder
from protocol.errors import NAMES

EVERYTHING = Path(__file__).parent / "plugins" / "everything"
WORDS = {"x": {"type": "string", "default": "y"}}


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    subscription: dict[str, Any] = {"name": "s", "topics": ["a.*"], "where": {}, "durable": False}
    yield "plugins.list", {}
    yield "commands.list", {}
    yield "commands.register", {"name": "later", "description": "Later", "params": {}}
    yield "commands.register", {"name": "later"}
    yield "commands.invoke", {"plugin": "other", "command": "x"}
    yield "commands.unregister", {"name": "later"}
    yield "commands.unregister", {"name": "later"}
    yield "commands.list", {}
    yield "endpoints.register", {"name": "e", "method": "get", "path": "/later"}
    yield "endpoints.register", {"name": "f", "method": "GET", "path": "/later"}
    yield "endpoints.request", {"method": "GET", "path": "/api/plugins/everything/stats/monday"}
    yield "endpoints.request", {"method": "GET", "path": "/api/plugins/everything/nothing"}
    yield "endpoints.unregister", {"name": "e"}
    yield "endpoints.unregister", {"name": "e"}
    yield "ui.register", {"kind": "menu_item", "name": "m", "title": "M"}
    yield "ui.unregister", {"kind": "menu_item", "name": "m"}
    yield "ui.unregister", {"kind": "menu_item", "name": "m"}
    yield "schedule.register", {"name": "often", "every_s": 3_600}
    yield "schedule.register", {"name": "often", "every_s": 3_600}
    yield "schedule.register", {"name": "wrong", "cron": "61 * * * *"}
    yield "schedule.register", {"name": "wrong"}
    yield "schedule.unregister", {"name": "often"}
    yield "schedule.unregister", {"name": "often"}
    yield "config.get", {}
    yield "config.get", {"key": "limit"}
    yield "config.get", {"key": "nothing.there"}
    yield "config.set", {"changes": {"limit": 11}}
    yield "config.set", {"changes": {"limit": 12}, "expected_revision": 0}
    yield "config.set", {"changes": {"limit": "many"}}
    yield "config.set", {"changes": {"limit": 100}}
    yield "config.schema", {}
    yield "config.register", {"schema": WORDS}
    yield "config.get", {"key": "x"}
    yield "config.set", {"changes": {"x": 7}}
    yield "config.system", {}
    yield "config.system", {"key": "site.title"}
    yield "events.subscribe", {"subscription": subscription}
    yield "events.subscribe", {"subscription": subscription | {"name": "t", "topics": ["a..b"]}}
    yield "events.unsubscribe", {"name": "s"}
    yield "events.emit", {"topic": "report.x", "data": 1}
    yield "events.emit", {"topic": "..", "data": 1}
    yield "analytics.track", {"action": "opened"}
    yield "notify.all", {"title": "t", "message": "m", "type": "shout"}
    yield "email.send", {"to": 7, "subject": "s"}


def shown(method: str, answer: Any) -> Any:
    """Return what both must have in common: of an error its name, of some results one thing."""
    if isinstance(answer, str):
        name = answer.partition(":")[0]
        return name if name in NAMES.values() else answer
    if method == "events.emit":
        return answer["topic"]
    if method == "endpoints.request":
        return answer.get("status", 200)
    return answer


async def test_every_step_has_the_same_outcome_in_memory_and_in_the_host():
    folder = read_folder(EVERYTHING)
    async with PluginHarness(folder) as memory, PluginHarness(folder, mode="process") as process:
        different: list[Any] = []
        for method, params in steps():
            one = await memory.call("ask", method=method, params=params)
            other = await process.call("ask", method=method, params=params)
            if shown(method, one) != shown(method, other):
                different.append((method, params, one, other))
        assert not different, different


async def test_what_only_a_host_with_others_around_it_can_do_is_taken_in_memory():
    async with PluginHarness(read_folder(EVERYTHING)) as plugin:

        async def ask(method: str, **params: Any) -> Any:
            return await plugin.call("ask", method=method, params=params)

        info = await ask("host.info")
        assert (info["name"], info["plugin_id"]) == ("plughost", "everything")
        assert "storage.get" in [row["name"] for row in (await ask("rpc.discover"))["methods"]]
        sent = await ask("email.send", to=["a@example.org"], subject="s", text="t")
        assert sent["recipients"] == ["a@example.org"]
        await ask("analytics.track", action="opened", error="it stuck")
        stats = await ask("analytics.stats")
        assert (stats["invocations"], stats["errors"]) == (1, 1)
        assert [row["name"] for row in await ask("schedule.list")] == ["hourly", "nightly"]
        assert await ask("commands.invoke", plugin="everything", command="sync", params={"repo": "a"}) != ""


@pytest.mark.parametrize("mode", ["memory", "process"])
async def test_what_is_offered_later_in_code_is_offered(mode: str):
    async with PluginHarness(read_folder(EVERYTHING), mode=mode) as plugin:
        await plugin.call("offer")
        assert await plugin.command("late", word="hi") == "HI"
        assert (await plugin.request("GET", "/late/x")).data == "x"
        await plugin.clock.advance(minutes=30)
        await plugin.emit("late.event", {"n": 1})
        assert await plugin.call("events_seen") == ["tick", "tick", "tick", ["late", 1]]
