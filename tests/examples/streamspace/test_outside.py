"""Plugins that call other services, which listen on this machine: what these are really asked."""

import base64
from collections.abc import Awaitable, Callable

import anyio
import pytest

from examples.streamspace.outside import Asked, Outside
from examples.streamspace.service import StreamSpace
from examples.streamspace.sessions import Session
from host import ConfigurationRefused, DeadlineExceeded, LoadFailed
from tests.examples.streamspace.conftest import Lines, Start

Next = Callable[[], Awaitable[Asked]]
JIRA_LOGIN = "Basic " + base64.b64encode(b"bot:jira-token").decode()


async def test_a_new_session_is_posted_to_slack_and_a_ticket_is_what_jira_answers(
    start: Start, asked: Next
) -> None:
    async with start("session-tickets") as service:
        await service.sessions.create("ada", "firefox-browser")
        post = await asked()
        assert (post.method, post.path) == ("POST", "/slack")
        assert post.body == {"text": "New session created: firefox-browser for ada"}

        ticket = await service.host.command("create-jira-ticket", {"summary": "Slow", "description": "Very"})
        assert ticket == {"id": "10001", "key": "SUP-1"}
        post = await asked()
        assert (post.path, post.authorization) == ("/rest/api/2/issue", JIRA_LOGIN)
        assert post.body["fields"] == {
            "project": {"key": "STREAM"},
            "summary": "Slow",
            "description": "Very",
            "issuetype": {"name": "Task"},
        }


async def test_only_a_support_session_gets_a_jira_ticket(start: Start, asked: Next) -> None:
    async with start("slack-jira") as service:
        await service.sessions.create("ada", "firefox-browser")
        await service.sessions.create("ada", "support-workspace")
        posts = [await asked() for _ in range(3)]
        assert [post.path for post in posts] == ["/slack", "/slack", "/rest/api/2/issue"]
        assert posts[0].body["blocks"][0]["text"]["text"] == (
            "*User:* ada\n*Template:* firefox-browser\n*Status:* running"
        )
        assert posts[2].body["fields"]["summary"] == "Support session for ada"
        assert posts[2].authorization == JIRA_LOGIN


async def test_what_is_switched_off_asks_nobody(start: Start, asked: Next) -> None:
    off = {"slackEnabled": False, "jiraEnabled": True}
    async with start("slack-jira", config={"slack-jira": off}) as service:
        await service.sessions.create("ada", "firefox-browser")
        await service.sessions.create("ada", "support-workspace")
        assert (await asked()).path == "/rest/api/2/issue"


async def test_slack_gets_what_a_command_says_and_what_sessions_do(start: Start, asked: Next) -> None:
    async with start("slack") as service:
        assert await service.host.command("notify-slack", {"message": "Hello"}) is True
        assert (await asked()).body == {
            "text": "Hello",
            "channel": "#general",
            "username": "StreamSpace",
            "icon_emoji": ":computer:",
        }
        session = await service.sessions.create("ada", "firefox-browser")
        created = f"New firefox-browser session created for ada ({session.id})"
        assert (await asked()).body["text"] == created
        await service.sessions.update(session.id, "hibernated")
        assert (await asked()).body["text"] == f"Session {session.id} hibernated after inactivity"


async def test_slack_gets_no_more_than_its_limit_and_only_what_was_asked_for(
    start: Start, asked: Next
) -> None:
    async with start("slack", config={"slack": {"rateLimit": 2, "notifyOn": "users"}}) as service:
        await service.sessions.create("ada", "firefox-browser")
        sent = [await service.host.command("notify-slack", {"message": f"no. {n}"}) for n in range(3)]
        assert sent == [True, True, False]
        assert [(await asked()).body["text"] for _ in range(2)] == ["no. 0", "no. 1"]


async def test_a_slack_address_that_the_schema_forbids_is_refused_before_anything_runs(
    start: Start,
) -> None:
    async with start("slack") as service:
        await service.host.unload("slack")
        faults = service.host.configuration.validate("slack", {"webhookUrl": "https://evil.example.com/"})
        assert [fault.path for fault in faults] == ["webhookUrl"]


async def test_github_repositories_become_templates_once(start: Start, asked: Next) -> None:
    async with start("github") as service:
        assert await service.host.command("github-sync") == ["data-science-lab"]
        request = await asked()
        assert (request.method, request.path) == ("GET", "/orgs/acme/repos?type=public")
        assert request.authorization == "Bearer github-token"
        template = await service.templates.get("data-science-lab")
        assert template.display_name == "data science lab"
        assert template.repository == "https://github.com/acme/data-science-lab"
        assert await service.host.command("github-sync") == []


async def test_each_session_is_an_issue_on_github(start: Start, asked: Next) -> None:
    async with start("github") as service:
        session = await service.sessions.create("ada", "firefox-browser")
        request = await asked()
        assert request.path == "/repos/acme/tracking/issues"
        assert request.body["title"] == "Session created: firefox-browser"
        assert session.id in request.body["body"]
        assert request.body["labels"] == ["session", "auto-created"]


async def test_the_configured_service_gets_sessions_with_its_key(start: Start, asked: Next) -> None:
    async with start("configured") as service:
        session = await service.sessions.create("ada", "firefox-browser")
        request = await asked()
        assert (request.path, request.authorization) == ("/api", "Bearer key-1234567890")
        assert request.body["id"] == session.id
        assert service.host.configuration.get("configured")["apiKey"] == "•••"


async def test_debugging_shows_the_configuration_without_its_secrets(start: Start) -> None:
    async with start("configured") as service:
        await service.host.logs.set_level("configured", "debug")
        await service.host.restart("configured")
        (line,) = [
            one for one in await service.host.logs("configured", level="debug") if "Plugin loaded" in one.text
        ]
        assert "maxRetries" in str(line)
        assert "key-1234567890" not in str(line)


async def test_a_service_that_fails_is_tried_again_as_often_as_configured(
    start: Start, asked: Next, outside: Outside
) -> None:
    config = {"configured": {"webhookUrl": f"{outside.url}/nowhere", "maxRetries": 2}}
    async with start("configured", config=config) as service:
        with Lines("configured") as lines:
            await service.sessions.create("ada", "firefox-browser")
            for attempt in range(3):
                assert (await asked()).path == "/nowhere"
                assert (await lines.until("can't be reached"))["attempt"] == attempt


async def test_an_address_without_https_is_refused_with_the_plugins_own_reason(start: Start) -> None:
    plain = {"webhookUrl": "http://example.com/"}
    async with start("configured") as service:
        with pytest.raises(ConfigurationRefused, match="Webhook URL must use HTTPS"):
            await service.host.configuration.set("configured", plain)
        await service.host.unload("configured")
        await service.host.configuration.set("configured", plain)
        with pytest.raises(LoadFailed, match="Webhook URL must use HTTPS"):
            await service.host.load("configured")


async def test_no_more_calls_than_the_limit_leave_the_plugin(start: Start, outside: Outside) -> None:
    config = {"rate-limited": {"maxRequests": 2, "timeWindow": 3600}}
    async with start("rate-limited", config=config) as service:
        call = service.host.call
        for n in range(2):
            answer = await call("rate-limited", "call_external_api", {"data": {"n": n}})
            assert answer == {"accepted": True}
        with pytest.raises(DeadlineExceeded):
            await call("rate-limited", "call_external_api", {"data": {"n": 2}}, timeout_s=0.3)
        assert [outside.asked.get_nowait().body["n"] for _ in range(2)] == [0, 1]
        assert outside.asked.empty()


async def test_things_done_in_parallel_are_all_done_before_the_ticket_is_linked(
    start: Start, asked: Next
) -> None:
    async with start("parallel-work") as service:
        session = await service.sessions.create("ada", "firefox-browser")
        assert {(await asked()).path for _ in range(2)} == {"/slack", "/rest/api/2/issue"}
        assert await _ticket(service, session) == "SUP-1"
        assert await service.host.storage.get("parallel-work", "sessions:ada") == 1


async def test_a_connection_is_used_by_the_schedule_and_closed_when_the_plugin_is_unloaded(
    start: Start,
) -> None:
    heard: list[bytes] = []
    ended = anyio.Event()

    async def serve(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            async for received in stream:
                heard.append(received)
        ended.set()

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, serve)
        async with start("background-sync", config={"background-sync": {"port": port}}) as service:
            await service.sessions.create("ada", "firefox-browser")
            await service.host.schedule.run("background-sync", "sync-data")
            assert [one.when for one in service.host.schedule.list()] == ["every 60 s"]
            await service.host.unload("background-sync")
            with anyio.fail_after(20):
                await ended.wait()
            assert service.host.schedule.list() == ()
        tasks.cancel_scope.cancel()
    assert heard == [b"1\n"]


async def _ticket(service: StreamSpace, session: Session) -> str:
    """Ask until the plugin has linked the ticket."""
    with anyio.fail_after(20):
        while not (ticket := await service.host.storage.get("parallel-work", f"ticket:{session.id}")):
            await service.host.health("parallel-work")
        return ticket
