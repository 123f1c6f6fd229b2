"""Faults that a test can bring about: a slow wire, a torn one, one that stands still, a dead plugin."""

from collections.abc import AsyncGenerator
from pathlib import Path

import anyio
import pytest

from plugin_sdk.testing import NotInThisMode, PluginHarness, read_folder
from protocol.errors import RpcError

EVERYTHING = Path(__file__).parent / "plugins" / "everything"


@pytest.fixture
async def plugin() -> AsyncGenerator[PluginHarness]:
    async with PluginHarness(read_folder(EVERYTHING)) as harness:
        yield harness


async def test_byte_by_byte_everything_still_arrives(plugin: PluginHarness):
    plugin.wire.chunk_bytes = 1
    assert await plugin.call("greet", name="Ada") == "Hello, Ada"
    assert [item async for item in plugin.stream("count", upto=5)] == list(range(5))


async def test_on_a_wire_that_stands_still_a_call_runs_into_its_deadline(plugin: PluginHarness):
    plugin.wire.stall()
    with pytest.raises(RpcError) as caught:
        await plugin.call("greet", name="Ada", timeout_s=0.3)
    assert caught.value.name == "deadline_exceeded"
    plugin.wire.resume()
    assert await plugin.call("greet", name="Bob") == "Hello, Bob"


async def test_a_torn_request_is_never_answered_and_the_plugin_goes_on(plugin: PluginHarness):
    plugin.wire.tear()
    with pytest.raises(RpcError) as caught:
        await plugin.call("greet", name="Ada", timeout_s=0.3)
    assert caught.value.name == "deadline_exceeded"
    assert await plugin.call("greet", name="Bob") == "Hello, Bob"
    assert any("could not read" in fault for fault in plugin.host.faults)


async def test_who_waits_when_the_plugin_dies_hears_of_it(plugin: PluginHarness):
    codes: list[str] = []

    async def wait() -> None:
        try:
            await plugin.call("hang", timeout_s=30)
        except RpcError as exc:
            codes.append(exc.name)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        assert await plugin.call("greet", name="Ada") == "Hello, Ada"
        await plugin.crash()
    assert codes == ["plugin_died"]
    with pytest.raises(RpcError) as caught:
        await plugin.call("greet", name="Ada")
    assert caught.value.name == "not_active"


async def test_a_reader_that_leaves_a_stream_cancels_it(plugin: PluginHarness):
    items = plugin.stream("count", upto=1_000_000)
    assert await anext(items) == 0
    await items.aclose()
    assert await plugin.call("greet", name="Ada") == "Hello, Ada"


async def test_only_the_memory_mode_has_a_wire():
    harness = PluginHarness(read_folder(EVERYTHING), mode="process")
    with pytest.raises(NotInThisMode, match="modes"):
        _ = harness.wire


def test_live_needs_a_host_to_go_to():
    with pytest.raises(NotInThisMode, match="--plughost-data"):
        PluginHarness(read_folder(EVERYTHING), mode="live")
    with pytest.raises(ValueError, match="memory, process, live"):
        PluginHarness(read_folder(EVERYTHING), mode="dream")


async def test_live_says_that_there_is_no_host(tmp_path: Path):
    harness = PluginHarness(read_folder(EVERYTHING), mode="live", data=str(tmp_path))
    with pytest.raises(RpcError, match="no host runs with the data folder"):
        await harness.__aenter__()
