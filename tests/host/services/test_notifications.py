"""Notifications through a real plugin process."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from host import DeliveryFailed, Denied, InvalidParams, Notification, PluginHost
from host.services.notifications import KEPT

Write = Callable[..., Path]

SENDER = """
class Sender(Plugin):
    @method
    async def user(self, user: str, notification: dict[str, Any]) -> dict[str, Any]:
        return await self.notify(user, notification)

    @method
    async def welcome(self, user: str) -> dict[str, Any]:
        return await self.notify.user(
            user,
            title="Welcome!",
            message="Hi, get started.",
            type="success",
            actions=[{"label": "Browse", "url": "/catalog"}],
            dismissible=False,
            timeout=5000,
        )

    @method
    async def everybody(self) -> dict[str, Any]:
        return await self.notify.all(title="Maintenance", message="In an hour", type="warning")

    @method
    async def admins(self) -> dict[str, Any]:
        return await self.notify.admins(title="Report", message="7 sessions")

    @method
    async def as_mappings(self, notification: dict[str, Any]) -> None:
        await self.notify.user("ada", notification)
        await self.notify.all(notification)
        await self.notify.admins(notification)

    @method
    async def misspelt(self) -> dict[str, Any]:
        return await self.notify.user(user="ada", title="T", message="M", dismissable=False)
"""
GRANTED = 'permissions = ["notifications"]\n'
GOOD: dict[str, Any] = {"title": "Ready", "message": "It is ready"}


@pytest.fixture
def place(plugins: Path, write_plugin: Write) -> Path:
    write_plugin("sender", SENDER, GRANTED)
    return plugins


async def test_the_applications_handler_gets_every_field(place: Path) -> None:
    host = PluginHost([place], autoload=True)
    seen: list[Notification] = []

    @host.notifications.on
    async def deliver(notification: Notification) -> None:
        seen.append(notification)

    async with host:
        result = await host.call("sender", "welcome", {"user": "ada"})
        await host.call("sender", "everybody")
        await host.call("sender", "admins")
    first, second, third = seen
    assert result == {"id": first.id, "delivered": 1}
    assert (first.plugin, first.audience, first.user) == ("sender", "user", "ada")
    assert (first.title, first.message, first.type) == ("Welcome!", "Hi, get started.", "success")
    assert [(one.label, one.url) for one in first.actions] == [("Browse", "/catalog")]
    assert (first.dismissible, first.timeout_ms) == (False, 5000)
    assert (second.audience, second.user, second.type, second.dismissible) == ("all", "", "warning", True)
    assert (third.audience, third.type, third.timeout_ms) == ("admins", "info", None)
    assert host.notifications.recent("sender") == (first, second, third)
    assert host.notifications.recent("other") == ()


async def test_without_a_handler_it_is_in_the_log_and_in_the_list(
    place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with PluginHost([place], autoload=True) as host:
        with caplog.at_level("INFO", "host.services.notifications"):
            assert (await host.call("sender", "admins"))["delivered"] == 0
        assert "notification to admins: Report: 7 sessions" in caplog.text
        assert [one.title for one in host.notifications.recent()] == ["Report"]


async def test_a_plugin_without_the_permission_is_told_how_to_get_it(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("sender", SENDER, 'permissions = ["notifications:send:admins"]\n')
    async with PluginHost([plugins], autoload=True) as host:
        assert (await host.call("sender", "admins"))["delivered"] == 0
        with pytest.raises(Denied, match="notifications:send:all"):
            await host.call("sender", "everybody")
        assert host.notifications.recent("sender")[-1].audience == "admins"


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"title": " "}, "title: found an empty text"),
        ({"title": "x" * 201}, "title: found 201 characters; allowed: at most 200"),
        ({"message": "x" * 4001}, "message: found 4001"),
        ({"type": "loud"}, "loud"),
        ({"actions": [{"label": "x", "url": "javascript:alert(1)"}]}, r"actions\[0\].url"),
        ({"actions": [{"label": "x", "url": "//elsewhere"}]}, r"actions\[0\].url"),
        ({"actions": [{"label": "x", "url": "/\\elsewhere"}]}, r"actions\[0\].url"),
        ({"actions": [{"label": "x", "url": "http://["}]}, r"actions\[0\].url"),
        ({"actions": [{"label": "x", "url": "/"}] * 9}, "actions: found 9"),
        ({"timeout": 0}, "timeout: found 0"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_what_can_not_be_shown_is_refused_with_its_place(
    place: Path, wrong: dict[str, Any], named: str
) -> None:
    async with PluginHost([place], autoload=True) as host:
        with pytest.raises(InvalidParams, match=named):
            await host.call("sender", "user", {"user": "ada", "notification": GOOD | wrong})
        assert host.notifications.recent() == ()


async def test_control_characters_never_reach_the_application(place: Path) -> None:
    async with PluginHost([place], autoload=True) as host:
        hostile: dict[str, Any] = {
            "title": "a\x1b]52;c;eA==\x07b",
            "message": "one\ntwo\u202e",
            "actions": [],
        }
        await host.call("sender", "user", {"user": "a\x9bd", "notification": hostile})
        (one,) = host.notifications.recent()
        assert one.title == "a\\x1b]52;c;eA==\\x07b"
        assert one.message == "one\ntwo\\u202e"
        assert one.user == "a\\x9bd"


async def test_a_handler_that_fails_is_told_to_the_plugin_and_to_the_log(
    place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    host = PluginHost([place], autoload=True)

    @host.notifications.on
    def deliver(notification: Notification) -> None:
        raise ConnectionError("the queue is gone")

    async with host:
        with pytest.raises(DeliveryFailed, match="incident") as caught:
            await host.call("sender", "admins")
        assert caught.value.data["detail"]["incident"] == host.notifications.recent()[0].id
        assert "the queue is gone" in caplog.text


async def test_only_the_latest_are_kept(place: Path) -> None:
    async with PluginHost([place], autoload=True) as host:
        for _ in range(KEPT + 5):
            await host.call("sender", "admins")
        assert len(host.notifications.recent()) == KEPT


async def test_every_audience_takes_a_notification_as_one_mapping(place: Path) -> None:
    async with PluginHost([place], autoload=True) as host:
        await host.call("sender", "as_mappings", {"notification": GOOD})
        kept = [(one.audience, one.user, one.title) for one in host.notifications.recent()]
        assert kept == [("user", "ada", "Ready"), ("all", "", "Ready"), ("admins", "", "Ready")]


async def test_a_misspelt_field_of_a_notification_is_refused(place: Path) -> None:
    async with PluginHost([place], autoload=True) as host:
        with pytest.raises(InvalidParams, match="dismissable"):
            await host.call("sender", "misspelt")
        assert host.notifications.recent() == ()
