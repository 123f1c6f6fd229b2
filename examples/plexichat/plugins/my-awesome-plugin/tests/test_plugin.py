"""`plughost test examples/plexichat/plugins/my-awesome-plugin`."""

import pytest

from plugin_sdk.testing import FakeHost, PluginHarness

pytestmark = pytest.mark.plughost(config={"api_key": "a-key-for-tests"})


async def test_the_template_makes_the_answer(plugin: PluginHarness) -> None:
    assert await plugin.call("generate_response", prompt="hi", context={}) == "Awesome: hi"
    assert [word async for word in plugin.stream("stream_response", prompt="hi", context={})] == [
        "Awesome:",
        "hi",
    ]


@pytest.mark.plughost(modes=["process"])  # its endpoint stands in the manifest alone
async def test_what_was_asked_before_is_known(plugin: PluginHarness, fake_host: FakeHost) -> None:
    fake_host.answer("users.list", ["ada"], permission="users:read")
    for prompt in ("one", "two", "one"):
        await plugin.call("generate_response", prompt=prompt, context={})
    answer = await plugin.request("GET", "/api/v1/awesome")
    assert answer.data == {"answered": 3, "known": 1, "users": ["ada"]}
