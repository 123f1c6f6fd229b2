"""Session analytics: what it counts, shows, answers and reports, and that it loses nothing."""

from typing import Any

import anyio
import pytest

from examples.streamspace.service import StreamSpace
from host import Principal, Request
from tests.examples.streamspace.conftest import Start

READER = Principal("grace", ["sessions:read"])
STATS = Request("GET", "/api/plugins/analytics/stats")


async def stats(service: StreamSpace, *, events: int = 0) -> dict[str, Any]:
    """Ask for the figures until so many events are in them."""
    with anyio.fail_after(90):
        while True:
            answer = await service.host.dispatch(STATS, READER)
            assert answer.status == 200, answer.data
            if answer.data["events"] >= events:
                return answer.data


@pytest.mark.timeout(120)
async def test_a_thousand_events_at_the_same_time_are_all_counted(start: Start) -> None:
    async with start("session-analytics") as service:
        async with anyio.create_task_group() as tasks:
            for n in range(1_000):
                user, template = ("ada", "grace")[n % 2], ("firefox-browser", "support-workspace")[n % 4 == 0]
                tasks.start_soon(service.sessions.create, user, template)
        figures = await stats(service, events=2_000)
        assert figures["events"] == 2_000  # each session was created, and started
        assert figures["total_sessions"] == figures["active_sessions"] == 1_000
        assert figures["top_templates"] == [
            {"template": "firefox-browser", "count": 750},
            {"template": "support-workspace", "count": 250},
        ]
        assert sorted((one["user"], one["count"]) for one in figures["top_users"]) == [
            ("ada", 500),
            ("grace", 500),
        ]
        kept = [value async for _, value in service.host.storage.items("session-analytics", "event:")]
        assert len({one["data"]["id"] for one in kept if one["event"] == "session_created"}) == 1_000
        assert sum(one.dropped for one in await service.host.events.lag()) == 0


async def test_what_happens_while_the_plugin_is_dead_is_counted_once_it_lives_again(start: Start) -> None:
    async with start("session-analytics") as service:
        session = await service.sessions.create("ada", "firefox-browser")
        await stats(service, events=2)
        await service.host.kill("session-analytics")
        await service.sessions.create("ada", "firefox-browser")
        await service.sessions.update(session.id, "stopped")
        await service.host.load("session-analytics")
        figures = await stats(service, events=5)
        assert figures["events"] == 5
        (stopped,) = [
            value
            async for _, value in service.host.storage.items("session-analytics", "event:")
            if value["event"] == "session_stopped"
        ]
        assert stopped["data"]["duration"] > 0
        # Once a session has stopped, its start is forgotten.
        started = await service.host.storage.keys("session-analytics", "started:")
        assert len(started) == 1


async def test_the_dashboard_shows_what_the_endpoint_answers(start: Start) -> None:
    async with start("session-analytics") as service:
        session = await service.sessions.create("ada", "firefox-browser")
        await service.sessions.create("ada", "support-workspace")
        await service.sessions.update(session.id, "hibernated")
        await stats(service, events=4)
        ui = service.host.ui
        (board,) = [one for one in ui.contributions("widget") if one.name == "analytics-dashboard"]
        assert (board.title, board.data["position"], board.data["width"]) == (
            "Session Analytics",
            "top",
            "full",
        )
        assert await ui.widget_data("session-analytics", "analytics-dashboard") == {
            "items": {"Total Sessions": 2, "Active Sessions": 1, "Hibernated Sessions": 1}
        }
        users = await ui.widget_data("session-analytics", "analytics-users")
        assert users == {"columns": ["User", "Sessions"], "rows": [["ada", 2]]}
        templates = await ui.widget_data("session-analytics", "analytics-templates")
        assert sorted(templates["rows"]) == [["firefox-browser", 1], ["support-workspace", 1]]


async def test_admins_get_the_periodic_report_and_nobody_else(start: Start) -> None:
    async with start("session-analytics") as service:
        (report,) = service.host.schedule.list()
        assert (report.name, report.when) == ("report", "every 86400 s")
        await service.sessions.create("ada", "firefox-browser")
        await service.host.schedule.run("session-analytics", "report")
        (message,) = await service.inbox.of("grace")
        assert (message.title, message.text) == ("Session Analytics Report", "1 total sessions, 1 active")
        assert await service.inbox.of("ada") == []


async def test_without_tracking_nothing_is_kept_or_reported(start: Start) -> None:
    config = {"session-analytics": {"trackingEnabled": False}}
    async with start("session-analytics", config=config) as service:
        await service.sessions.create("ada", "firefox-browser")
        assert service.host.schedule.list() == ()
        assert (await stats(service))["total_sessions"] == 1
        with anyio.fail_after(20):
            while any(one.waiting for one in await service.host.events.lag()):
                await service.host.health("session-analytics")
        assert await service.host.storage.keys("session-analytics") == ()


async def test_the_figures_are_for_those_who_may_read_sessions(start: Start) -> None:
    async with start("session-analytics") as service:
        answer = await service.host.dispatch(STATS, Principal("eve"))
        assert (answer.status, answer.data["error"]["permission"]) == (403, "sessions:read")


@pytest.mark.parametrize("hours", [0, 169])
async def test_a_report_interval_out_of_bounds_is_refused(start: Start, hours: int) -> None:
    async with start("session-analytics") as service:
        faults = service.host.configuration.validate("session-analytics", {"reportInterval": hours})
        assert [fault.path for fault in faults] == ["reportInterval"]
