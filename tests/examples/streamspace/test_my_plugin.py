"""What a plugin adds to the service: endpoints, interface, commands, themes."""

from typing import Any

import pytest

from host import Principal, Request, Response
from tests.examples.streamspace.conftest import Lines, Start

ADMIN = Principal("grace", ["sessions:read", "sessions:write"])


def post(path: str, body: Any) -> Request:
    return Request("POST", f"/api/plugins/my-plugin/{path}", body=body)


def error(answer: Response) -> str:
    return str(answer.data["error"]["message"])


async def test_who_is_logged_in_creates_a_session_through_a_plugin(start: Start) -> None:
    async with start("my-plugin") as service:
        token = await service.users.login("ada")
        request = post("create-session", {"template": "firefox-browser"})
        answer = await service.handle(request, token)
        assert answer.status == 200
        assert answer.data["session"]["user"] == "ada"
        assert [session.id for session in await service.sessions.find("ada")] == [
            answer.data["session"]["id"]
        ]

        assert (await service.handle(request, "no token of ours")).status == 403
        await service.users.logout(token)
        assert (await service.handle(request, token)).status == 403
        assert len(await service.sessions.find()) == 1


async def test_an_endpoint_counts_sessions_and_another_changes_one(start: Start) -> None:
    async with start("my-plugin") as service:
        session = await service.sessions.create("ada", "firefox-browser")
        await service.sessions.create("ada", "firefox-browser", "pending")
        stats = Request("GET", "/api/plugins/my-plugin/stats")
        assert (await service.host.dispatch(stats, ADMIN)).data == {"total": 2, "running": 1}
        request = post("action", {"action": "hibernated", "session_id": session.id})
        assert (await service.host.dispatch(request, ADMIN)).data == {"success": True}
        assert (await service.sessions.get(session.id)).state == "hibernated"
        assert (await service.host.dispatch(stats, ADMIN)).data == {"total": 2, "running": 0}


@pytest.mark.parametrize(
    ("session_id", "why"),
    [
        (7, "Session ID must be a string"),
        ("../../x", "Invalid session ID format"),
        (None, "must be a string"),
    ],
)
async def test_what_is_no_session_id_is_refused_with_the_reason(
    start: Start, session_id: Any, why: str
) -> None:
    async with start("my-plugin") as service:
        request = post("action", {"action": "stopped", "session_id": session_id})
        answer = await service.host.dispatch(request, ADMIN)
        assert answer.status == 400
        assert why in error(answer)


async def test_the_dashboard_the_settings_page_and_the_menu_have_what_the_plugin_adds(start: Start) -> None:
    async with start("my-plugin") as service:
        await service.sessions.create("ada", "firefox-browser")
        ui = service.host.ui
        added = {(one.kind, one.name): one for one in ui.contributions()}
        assert set(added) == {
            ("widget", "my-widget"),
            ("widget", "session-stats"),
            ("settings_page", "my-settings"),
            ("menu_item", "custom-feature"),
        }
        assert added["settings_page", "my-settings"].title == "Plugin Settings"
        item = added["menu_item", "custom-feature"]
        assert (item.title, item.data["icon"], item.data["path"]) == (
            "Custom Feature",
            "star",
            "/custom-feature",
        )
        assert await ui.widget_data("my-plugin", "session-stats") == {
            "items": {"Total": 1, "Running": 1, "Hibernated": 0}
        }
        assert "never changes" in (await ui.widget_data("my-plugin", "my-widget"))["text"]

        await service.host.unload("my-plugin")
        assert ui.contributions() == ()


async def test_a_command_of_the_cli_module_counts_the_sessions_of_a_user(start: Start) -> None:
    async with start("my-plugin") as service:
        await service.sessions.create("ada", "firefox-browser")
        assert await service.host.command("count-sessions", {"user": "ada"}) == 1
        assert await service.host.command("count-sessions", {"user": "grace"}) == 0
        assert await service.host.command("count-sessions") == 1


async def test_the_smallest_plugin_says_that_it_was_loaded_and_unloaded(start: Start) -> None:
    with Lines("plugin-name") as lines:
        async with start("plugin-name"):
            await lines.until("Plugin loaded!")
        await lines.until("Plugin unloaded!")


async def test_three_themes_can_be_chosen_and_two_of_them_need_no_process(start: Start) -> None:
    async with start("dark-theme", "light-theme", "indigo-theme") as service:
        themes = {str(one.plugin): one for one in service.host.ui.contributions("theme")}
        assert set(themes) == {"dark-theme", "light-theme", "indigo-theme"}
        assert themes["dark-theme"].data["components"]["input"]["borderColor"] == "#475569"
        assert themes["dark-theme"].data["typography"]["h1"]["fontSize"] == "2.5rem"
        assert themes["light-theme"].data["colors"]["background"]["default"] == "#ffffff"
        assert themes["indigo-theme"].data["spacing"] == {"unit": 8}
        without = [one.id for one in service.host.plugins() if one.pid is None]
        assert without == ["dark-theme", "light-theme"]
