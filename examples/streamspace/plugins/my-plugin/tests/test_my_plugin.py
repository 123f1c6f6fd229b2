"""`plughost test examples/streamspace/plugins/my-plugin`."""

from plugin_sdk.testing import FakeHost, PluginHarness

SESSIONS = [{"id": "s-1", "state": "running"}, {"id": "s-2", "state": "hibernated"}]


async def test_sessions_are_counted(plugin: PluginHarness, fake_host: FakeHost) -> None:
    fake_host.answer("sessions.list", SESSIONS, permission="sessions:read")
    assert await plugin.command("count-sessions") == 2
    answer = await plugin.request("GET", "/api/plugins/my-plugin/stats", permissions=("read:sessions",))
    assert answer.data == {"total": 2, "running": 1}


async def test_an_event_of_a_user_is_logged(plugin: PluginHarness, fake_host: FakeHost) -> None:
    await plugin.emit("user.login", {"username": "ada"})
    assert "User logged in" in fake_host.messages("info")
