"""`plughost test examples/plexichat/plugins/my-plugin`; with `--mode process`, in a real process."""

import pytest

from plugin_sdk import RpcError
from plugin_sdk.testing import FakeHost, PluginHarness


async def test_plugin_initialization(plugin: PluginHarness, fake_host: FakeHost) -> None:
    assert (plugin.folder.name, plugin.folder.version) == ("my-plugin", "1.0.0")
    assert fake_host.messages("info") == ["Plugin initialized"]


async def test_message_processing(plugin: PluginHarness) -> None:
    result = await plugin.call("process_message", content="test message")
    assert result == {"messages": 1, "words": 2}


async def test_events_are_processed(plugin: PluginHarness) -> None:
    await plugin.emit("user_message", {"content": "hello"})
    assert (await plugin.call("process_message", content="and again"))["messages"] == 2


async def test_a_very_long_message_is_processed_and_warned_about(
    plugin: PluginHarness, fake_host: FakeHost
) -> None:
    assert (await plugin.call("process_message", content="word " * 1_001))["words"] == 1_001
    assert fake_host.messages("warning") == ["Potential issue detected: a message of 1001 words"]


async def test_an_empty_message_is_an_error_that_says_so(plugin: PluginHarness) -> None:
    with pytest.raises(RpcError, match="Failed to process: the message is empty"):
        await plugin.call("process_message", content=" ")
