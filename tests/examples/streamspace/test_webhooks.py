"""Events reach plugins, and what plugins tell users arrives."""

import anyio

from host import MailSettings
from tests.examples.streamspace.conftest import Lines, Mailbox, Start

OF_SESSIONS = ("created", "started", "hibernated", "woken", "stopped", "deleted")
OF_USERS = ("created", "updated", "deleted", "logged in", "logged out")


async def test_each_of_the_eleven_events_reaches_its_method(start: Start) -> None:
    async with start("my-plugin") as service:
        with Lines("my-plugin") as lines:
            session = await service.sessions.create("ada", "firefox-browser")
            for state in ("hibernated", "running", "stopped"):
                await service.sessions.update(session.id, state)
            await service.sessions.delete(session.id)
            await service.users.create("eve", "Eve", "eve@example.com")
            await service.users.update("eve", tier="pro")
            await service.users.logout(await service.users.login("eve"))
            await service.users.delete("eve")

            missing = {(f"Session {what}", session.id) for what in OF_SESSIONS}
            missing |= {(f"User {what}", "eve") for what in OF_USERS}
            # Each method is a subscription of its own, and these are served side by side.
            while missing:
                text, fields = await lines.next()
                missing.discard((text, fields.get("id") or fields.get("username")))


async def test_a_user_is_told_that_the_session_is_ready(start: Start) -> None:
    async with start("session-webhook") as service:
        with Lines("session-webhook") as lines, anyio.fail_after(20):
            await service.sessions.create("ada", "firefox-browser")
            (message,) = await service.inbox.of("ada", at_least=1)
            assert (message.title, message.text) == (
                "Session Created",
                "Your firefox-browser session is ready!",
            )
            await service.users.login("grace")
            await lines.until("User grace logged in")
        assert await service.inbox.of("grace") == []


async def test_a_new_user_is_welcomed_by_a_notification_and_by_mail(
    start: Start, mail: MailSettings, mailbox: Mailbox
) -> None:
    config = {"welcome": {"sendWelcomeEmail": True}}
    async with start("welcome", config=config, mail=mail) as service:
        with anyio.fail_after(20):
            await service.users.create("eve", "Eve <b>Online</b>", "eve@example.com")
            (welcome,) = await service.inbox.of("eve", at_least=1)
            session = await service.sessions.create("eve", "firefox-browser")
            ready = (await service.inbox.of("eve", at_least=2))[1]
        assert welcome.title == "Welcome to StreamSpace!"
        assert welcome.text.startswith("Hi Eve <b>Online</b>, welcome aboard!")
        assert (welcome.type, welcome.actions) == ("info", [{"label": "Browse Catalog", "url": "/catalog"}])
        assert ready.type == "success"
        assert ready.actions == [{"label": "Open Session", "url": f"/sessions/{session.id}"}]
        sent = [await mailbox.next() for _ in range(3)]
    assert [one["To"] for one in sent] == ["grace@example.com", "ada@example.com", "eve@example.com"]
    assert sent[2]["Subject"] == "Welcome to StreamSpace"
    body = sent[2].get_body(("html",))
    assert body is not None
    assert "Welcome to StreamSpace, Eve &lt;b&gt;Online&lt;/b&gt;!" in body.get_content()


async def test_without_the_setting_no_mail_is_sent(
    start: Start, mail: MailSettings, mailbox: Mailbox
) -> None:
    async with start("welcome", mail=mail) as service:
        with anyio.fail_after(20):
            await service.inbox.of("ada", at_least=1)
            await service.inbox.of("grace", at_least=1)
    assert mailbox.messages.empty()


async def test_what_is_told_is_escaped_and_a_failure_is_logged_with_its_reason(start: Start) -> None:
    async with start("careful-notifier") as service:
        await service.templates.create("<b>bold</b>")
        with Lines("careful-notifier") as lines, anyio.fail_after(20):
            await service.sessions.create("ada", "<b>bold</b>")
            await lines.until("Session created")
            (message,) = await service.inbox.of("ada", at_least=1)
            assert message.title == "&lt;b&gt;bold&lt;/b&gt;"
            stranger = {"id": "s-1", "user": "nobody", "template": "firefox-browser", "state": "running"}
            await service.host.emit("session.created", stranger)
            assert (await lines.until("notification-failed"))["session_id"] == "s-1"
        assert service.host.plugin("careful-notifier").state == "active"
