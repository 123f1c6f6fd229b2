"""The API reference, call by call, as a plugin makes them."""

import pytest

from host import DeliveryFailed, MailSettings, PluginError
from tests.examples.streamspace.conftest import Mailbox, Start


async def test_the_sessions_api(start: Start) -> None:
    async with start("api-tour") as service:
        seen = await service.host.command("tour-sessions", {"user": "ada"})
        assert seen["session"] == {
            "id": seen["session"]["id"],
            "user": "ada",
            "template": "firefox-browser",
            "state": "hibernated",
            "resources": {"memory": "2Gi", "cpu": "1000m"},
        }
        assert (seen["of_user"], seen["all"]) == (1, 1)
        assert await service.sessions.find() == []


async def test_the_users_api(start: Start) -> None:
    async with start("api-tour") as service:
        seen = await service.host.command("tour-users")
        assert seen["names"] == ["grace", "ada", "john"]
        assert (seen["user"]["full_name"], seen["user"]["tier"]) == ("John Doe", "enterprise")
        assert [user.username for user in await service.users.all()] == ["grace", "ada"]


async def test_the_templates_api(start: Start) -> None:
    async with start("api-tour") as service:
        seen = await service.host.command("tour-templates")
        assert seen["template"]["base_image"] == "myregistry/myapp:latest"
        assert seen["template"]["description"] == "My own application"
        assert seen["names"] == ["firefox-browser", "support-workspace", "my-app"]


async def test_the_notifications_api(start: Start) -> None:
    async with start("api-tour") as service:
        await service.host.command("tour-notifications", {"user": "ada"})
        update, maintenance = await service.inbox.of("ada")
        assert (update.type, update.dismissible, update.timeout_ms) == ("success", True, 5_000)
        assert update.actions == [{"label": "View Session", "url": "/sessions/123"}]
        assert [message.title for message in await service.inbox.of("grace")] == [maintenance.title]
        with pytest.raises(DeliveryFailed):
            await service.host.command("tour-notifications", {"user": "nobody"})


async def test_the_email_api(start: Start, mail: MailSettings, mailbox: Mailbox) -> None:
    async with start("api-tour", mail=mail) as service:
        await service.host.command("tour-email", {"to": "ada@example.com"})
    welcome, custom = await mailbox.next(), await mailbox.next()
    assert welcome["From"] == "StreamSpace <noreply@streamspace.example.com>"
    text = welcome.get_body(("plain",))
    assert text is not None
    assert "Welcome to StreamSpace, john!" in text.get_content()
    assert "https://streamspace.example.com/login" in text.get_content()
    html = custom.get_body(("html",))
    assert html is not None
    assert html.get_content().strip() == "<h1>Hello</h1><p>Welcome!</p>"


async def test_the_storage_api(start: Start) -> None:
    async with start("api-tour") as service:
        seen = await service.host.command("tour-storage")
        assert seen == {"data": {"foo": "bar"}, "keys": ["my-key"], "left": []}


async def test_what_is_not_there_is_told_with_its_name(start: Start) -> None:
    async with start("api-tour") as service:
        with pytest.raises(PluginError, match="there is no user 'nobody'"):
            await service.host.command("tour-sessions", {"user": "nobody"})
