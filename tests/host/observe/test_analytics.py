"""Analytics: what is counted of real plugins, by whom, and what stays."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from host import InvalidParams, PluginError, PluginHost
from host.observe.analytics import MAX_ACTIONS, OTHER

Write = Callable[..., Path]

USED = """
class Used(Plugin):
    @method
    async def greet(self) -> str:
        return "hi"

    @method
    async def fail(self) -> None:
        raise PluginError("no")

    @method
    async def work(self) -> None:
        await self.analytics.track("export", rows=12, format="csv")
        await self.analytics.track("export", rows=13)
        await self.analytics.track_error("import", ValueError("bad row"), row=7)

    @method
    async def stats(self) -> Any:
        return await self.analytics.stats()

    @method
    async def track(self, action: Any, size: int = 0) -> str:
        try:
            await self.analytics.track(action, text="x" * size)
        except RpcError as error:
            return f"{error.name}: {error.message}"
        return "counted"
"""


async def test_calls_and_tracked_actions_are_counted_and_told_as_events(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("used", USED)
    events: list[tuple[str, Mapping[str, Any]]] = []
    async with PluginHost([plugins], autoload=True) as host:
        host.analytics.emit = lambda topic, data: events.append((topic, data))
        assert host.analytics.stats("used").last_used is None
        await host.call("used", "greet")
        await host.call("used", "greet")
        with pytest.raises(PluginError):
            await host.call("used", "fail")
        await host.call("used", "work")
        stats = host.analytics.stats("used")
        own = await host.call("used", "stats")
    assert stats.methods == {"greet": 2, "fail": 1, "work": 1}
    assert stats.failed_methods == {"fail": 1}
    assert (stats.invocations, stats.errors) == (7, 2)
    assert {name: (one.count, one.errors) for name, one in stats.actions.items()} == {
        "export": (2, 0),
        "import": (1, 1),
    }
    assert stats.actions["export"].metadata == {"rows": 13}
    assert stats.actions["import"].metadata == {"row": 7, "error": "bad row"}
    assert stats.last_used is not None
    assert own["plugin"] == "used"
    assert own["methods"] == {"greet": 2, "fail": 1, "work": 1}
    assert own["actions"]["export"]["count"] == 2
    assert [topic for topic, _ in events] == ["plugin_usage"] * 3
    first = events[0][1]
    assert (first["plugin"], first["action"]) == ("used", "export")
    assert first["metadata"] == {"rows": 12, "format": "csv"}
    assert isinstance(first["timestamp"], float)


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"action": ""}, "invalid_params: parameter 'action'"),
        ({"action": "x" * 101}, "invalid_params: parameter 'action'"),
        ({"action": "a\x1bb"}, "invalid_params: parameter 'action'"),
        ({"action": 7}, "invalid_params: parameter 'action'"),
        ({"action": "a", "size": 5_000}, "invalid_params: parameter 'metadata'"),
    ],
)
async def test_what_cannot_be_counted_is_refused_and_nothing_is_counted(
    plugins: Path, write_plugin: Write, params: dict[str, Any], told: str
) -> None:
    write_plugin("used", USED)
    async with PluginHost([plugins], autoload=True) as host:
        assert told in await host.call("used", "track", params)
        assert host.analytics.stats("used").actions == {}


async def test_a_plugin_cannot_fill_the_host_with_names_of_actions(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("used", USED)
    async with PluginHost([plugins], autoload=True) as host:
        for number in range(MAX_ACTIONS + 5):
            host.analytics.track("used", f"action {number}")
        actions = host.analytics.stats("used").actions
    assert len(actions) == MAX_ACTIONS + 1
    assert actions[OTHER].count == 5


async def test_counts_are_kept_over_restarts_of_the_host(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("used", USED)
    for round_number in (1, 2, 3):
        async with PluginHost([plugins], data=tmp_path / "data", autoload=True) as host:
            await host.call("used", "greet")
            host.analytics.track("used", "export", {"round": round_number})
            stats = host.analytics.stats("used")
            assert stats.methods == {"greet": round_number}
            assert stats.actions["export"].count == round_number
    async with PluginHost([plugins], data=tmp_path / "data") as host:
        # Nobody has loaded it in this host.
        assert host.analytics.stats("used").invocations == 6
        assert host.analytics.all()[0].plugin == "used"
        assert host.analytics.stats("used").last_used is not None


async def test_a_tally_that_cannot_be_read_begins_anew(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("used", USED)
    folder = tmp_path / "data" / "analytics"
    folder.mkdir(parents=True)
    (folder / "used.json").write_text('{"methods": {"greet": "many"}}')
    async with PluginHost([plugins], data=tmp_path / "data", autoload=True) as host:
        await host.call("used", "greet")
        assert host.analytics.stats("used").methods == {"greet": 1}


async def test_the_ten_most_used_are_named_in_their_order() -> None:
    host = PluginHost()
    for number in range(12):
        for _ in range(number + 1):
            host.analytics.track(f"p{number:02}", "use")
    popular = host.analytics.popular()
    assert popular == [(f"p{number:02}", number + 1) for number in range(11, 1, -1)]
    assert host.analytics.popular(1) == [("p11", 12)]
    with pytest.raises(InvalidParams, match="metadata"):
        host.analytics.track("p00", "use", {"what": object()})
    host.analytics.track_error("p00", OSError("no disk"))
    assert host.analytics.stats("p00").errors == 1
