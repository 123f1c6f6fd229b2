"""The embedding API on real plugins: loading, calling, streaming, and what is shown of a plugin."""

import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from host import (
    DeadlineExceeded,
    InvalidParams,
    Limits,
    MethodNotFound,
    NotActive,
    PlughostError,
    PluginError,
    PluginHost,
    PluginIncident,
    PluginNotFound,
    PluginView,
    WrongShape,
)

Until = Callable[..., Awaitable[PluginView]]
Write = Callable[..., Path]

MIB = 1024 * 1024


@pytest.fixture
async def host(examples: Path) -> AsyncIterator[PluginHost]:
    """A host in the style of a web framework's lifespan: whoever enters it may not be who leaves it."""
    async with PluginHost(plugins=[examples / "hello", examples / "counter"]) as running:
        await running.load("hello")
        yield running


async def test_a_plugin_is_loaded_called_and_unloaded(host: PluginHost) -> None:
    active = host.plugin("hello")
    assert active.state == "active"
    assert active.pid is not None
    assert await host.call("hello", "greet", {"name": "you"}) == "Hello, you"

    await host.unload("hello")

    assert host.plugin("hello").state == "discovered"
    assert host.plugin("hello").pid is None
    with pytest.raises(NotActive, match="load it first"):
        await host.call("hello", "greet", {"name": "you"})


async def test_a_stream_is_read_by_async_for(host: PluginHost) -> None:
    assert [item async for item in host.stream("hello", "count", {"upto": 200})] == list(range(200))


async def test_a_stream_that_is_left_early_ends_and_the_plugin_still_answers(host: PluginHost) -> None:
    stream = host.stream("hello", "count", {"upto": 1_000_000})
    assert await anext(stream) == 0
    await stream.aclose()

    with anyio.fail_after(20):
        assert await host.call("hello", "greet", {"name": "you"}) == "Hello, you"
    assert host.plugin("hello").figures.in_flight == 0


async def test_views_show_every_plugin_in_order(host: PluginHost) -> None:
    views = host.plugins()

    assert [(view.id, view.state) for view in views] == [("counter", "discovered"), ("hello", "active")]
    hello = views[1]
    assert (hello.name, hello.version, hello.type) == ("Hello", "1.0.0", "extension")
    assert set(hello.methods) == {"greet", "count"}
    assert hello.enabled
    assert hello.wanted == "running"
    assert hello.session is not None
    assert views[0].session is None


async def test_a_view_counts_calls_and_errors(host: PluginHost) -> None:
    await host.call("hello", "greet", {"name": "you"})
    with pytest.raises(InvalidParams):
        await host.call("hello", "greet", {"name": 7})

    figures = host.plugin("hello").figures
    assert (figures.calls, figures.errors) == (2, 1)
    assert figures.p50_s is not None


async def test_a_broken_manifest_is_shown_with_its_faults_and_harms_nobody(
    plugins: Path, examples: Path
) -> None:
    (plugins / "broken").mkdir()
    (plugins / "broken" / "plugin.toml").write_text('id = "Not An Id"\nversion = "x"\n')

    async with PluginHost(plugins=[plugins, examples / "hello"], autoload=True) as host:
        view = host.plugins()[-1]
        assert (view.id, view.state) == ("broken", "error")
        assert any("id" in fault for fault in view.faults)
        assert host.plugin("hello").state == "active"


async def test_a_call_that_is_not_answered_in_time_fails_and_the_next_one_is_served(
    host: PluginHost,
) -> None:
    await host.load("counter")

    with pytest.raises(DeadlineExceeded, match=r"counter\.double"):
        await host.call("counter", "double", {"pause_s": 60.0}, timeout_s=0.3)

    with anyio.fail_after(20):
        assert await host.call("counter", "double") == 0


@pytest.mark.parametrize("timeout_s", [-1.0, math.nan, math.inf, 1e9])
async def test_a_deadline_that_makes_no_sense_is_refused(host: PluginHost, timeout_s: float) -> None:
    with pytest.raises(InvalidParams, match="timeout_s"):
        await host.call("hello", "greet", {"name": "you"}, timeout_s=timeout_s)


@pytest.mark.parametrize("value", [object(), [{object()}], print, 2**70, "\ud800"])
async def test_parameters_that_json_cannot_express_are_refused(host: PluginHost, value: Any) -> None:
    with pytest.raises(InvalidParams):
        await host.call("hello", "greet", {"name": value})
    assert await host.call("hello", "greet", {"name": "you"}) == "Hello, you"


async def test_parameters_that_are_no_mapping_are_refused(host: PluginHost) -> None:
    listed: Any = ["you"]
    with pytest.raises(InvalidParams, match="mapping"):
        await host.call("hello", "greet", listed)


async def test_a_parameter_called_meta_belongs_to_the_protocol(host: PluginHost) -> None:
    with pytest.raises(InvalidParams, match="_meta"):
        await host.call("hello", "greet", {"name": "you", "_meta": {}})
    with pytest.raises(InvalidParams, match="_meta"):
        await anext(host.stream("hello", "count", {"upto": 1, "_meta": {}}))


async def test_near_names_are_proposed_for_a_plugin_and_for_a_method(host: PluginHost) -> None:
    with pytest.raises(PluginNotFound, match="did you mean hello") as no_plugin:
        await host.call("helo", "greet")
    assert no_plugin.value.data["near"] == ("hello",)
    with pytest.raises(MethodNotFound, match="did you mean greet"):
        await host.call("hello", "great")


async def test_a_stream_is_not_called_and_a_call_is_not_streamed(host: PluginHost) -> None:
    with pytest.raises(WrongShape, match=r"host\.stream"):
        await host.call("hello", "count", {"upto": 1})
    with pytest.raises(WrongShape, match=r"host\.call"):
        await anext(host.stream("hello", "greet", {"name": "you"}))


async def test_a_plugins_own_error_crosses_intact_and_an_unexpected_one_as_an_incident(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin(
        "failing",
        """
        class Failing(Plugin):
            @method
            async def on_purpose(self) -> None:
                raise PluginError("no such thing", {"thing": 7})

            @method
            async def by_accident(self) -> None:
                raise KeyError("a private detail")
        """,
    )
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        with pytest.raises(PluginError, match="no such thing") as on_purpose:
            await host.call("failing", "on_purpose")
        with pytest.raises(PluginIncident, match="incident") as by_accident:
            await host.call("failing", "by_accident")

    assert on_purpose.value.detail == {"thing": 7}
    assert "private" not in str(by_accident.value)


async def test_configuration_given_to_the_host_lies_over_the_plugins_defaults(
    plugins: Path, write_plugin: Write
) -> None:
    folder = write_plugin(
        "configured",
        """
        class Configured(Plugin):
            @method
            async def seen(self) -> dict[str, object]:
                return dict(self.config)
        """,
    )
    (folder / "config").mkdir()
    (folder / "config" / "default.json").write_text(json.dumps({"kept": 1, "changed": 1}))

    async with PluginHost(
        plugins=[plugins], config={"configured": {"changed": 2, "added": 3}}, autoload=True
    ) as host:
        assert await host.call("configured", "seen") == {"kept": 1, "changed": 2, "added": 3}


async def test_limits_are_the_plugins_own_or_else_the_hosts(
    plugins: Path, write_plugin: Write, examples: Path
) -> None:
    write_plugin("modest", "class Modest(Plugin): ...\n")
    host = PluginHost(plugins=[plugins, examples / "hello"], limits=Limits(memory_bytes=99 * MIB, threads=9))

    async with host:
        assert host.plugin("modest").limits.memory_bytes == 99 * MIB
        assert host.plugin("modest").limits.threads == 9
        assert host.plugin("hello").limits.memory_bytes == 128 * MIB
        assert host.plugin("hello").limits.cpu_cores == 0.5


async def test_changes_tell_what_happened_in_order(examples: Path) -> None:
    async with PluginHost(plugins=[examples / "hello"]) as host:
        with host.changes() as changes:
            await host.load("hello")
            await host.unload("hello")
        told = [(change.plugin, change.old, change.new) async for change in changes]

    assert told == [
        ("hello", "discovered", "loading"),
        ("hello", "loading", "active"),
        ("hello", "active", "unloading"),
        ("hello", "unloading", "discovered"),
    ]
    assert changes.dropped == 0


async def test_plugins_that_appear_later_are_found_by_a_rescan(plugins: Path, write_plugin: Write) -> None:
    code = "class Any(Plugin): ...\n"
    write_plugin("first", code)
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        write_plugin("second", code)
        write_plugin("first", code, version="2.0.0")
        await host.rescan()

        assert [view.id for view in host.plugins()] == ["first", "second"]
        assert host.plugin("first").version == "1.0.0", "it runs, so it is what was started"
        await host.unload("first")
        await host.rescan()
        assert host.plugin("first").version == "2.0.0"
        await host.load("second")
        assert host.plugin("second").state == "active"


async def test_errors_say_what_where_and_what_to_do(host: PluginHost) -> None:
    with pytest.raises(PlughostError) as caught:
        await host.call("counter", "value")

    error = caught.value
    assert error.code == "not_active"
    assert "counter" in error.message
    assert error.remedy
    assert error.as_json()["plugin"] == "counter"
