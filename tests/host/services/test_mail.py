"""Mail through a real plugin process and a real mail server on this machine."""

import email
import re
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from host import MailSettings, PlughostError, PluginHost, SettingsError

Write = Callable[..., Path]

SENDER = """
class Sender(Plugin):
    @method
    async def send(self, message: dict[str, Any]) -> dict[str, Any]:
        return await self.email.send(**message)

    @method
    async def send_mapping(self, message: dict[str, Any]) -> dict[str, Any]:
        return await self.email.send(message)
"""


class Mailbox:
    """Keeps what it is sent; refuses what tests ask it to."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.refusal = ""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody"):
            return "550 no such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.refusal:
            return self.refusal
        content = cast("bytes", envelope.content)
        self.messages.append(email.message_from_bytes(content, policy=policy.default))
        self.recipients.append(envelope.rcpt_tos)
        return "250 OK"


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def port(mailbox: Mailbox) -> Iterator[int]:
    port = _free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield port
    controller.stop()


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "welcome.html").write_text("<h1>Hello {{ user.name }}</h1>")
    (folder / "welcome.txt").write_text("Hello {{ user.name }}")
    (folder / "broken.html").write_text("{% if %}")
    (folder / "curious.txt").write_text("{{ user.__class__.__mro__ }}")
    return folder


def settings(port: int, **more: Any) -> MailSettings:
    return MailSettings("127.0.0.1", "Plughost <noreply@example.com>", port, "none", **more)


@pytest.fixture
async def host(plugins: Path, write_plugin: Write, port: int, templates: Path) -> AsyncIterator[PluginHost]:
    write_plugin("sender", SENDER, 'permissions = ["email:send"]\n')
    async with PluginHost([plugins], autoload=True, email=settings(port, templates=templates)) as host:
        yield host


async def send(host: PluginHost, **message: Any) -> dict[str, Any]:
    whole = {"to": "ada@example.com", "subject": "Welcome"} | message
    return await host.call("sender", "send", {"message": whole})


async def test_a_message_may_be_one_mapping(host: PluginHost, mailbox: Mailbox) -> None:
    message = {"to": "ada@example.com", "subject": "Hello", "html": "<h1>Hello</h1>"}
    await host.call("sender", "send_mapping", {"message": message})
    assert [one["Subject"] for one in mailbox.messages] == ["Hello"]


async def failed(host: PluginHost, **message: Any) -> PlughostError:
    with pytest.raises(PlughostError) as caught:
        await send(host, **message)
    return caught.value


async def test_a_template_is_filled_and_what_is_filled_in_is_escaped(
    host: PluginHost, mailbox: Mailbox
) -> None:
    sent = await send(host, template="welcome", data={"user": {"name": "<b>Ada</b>"}})
    (message,) = mailbox.messages
    assert sent == {"id": message["Message-ID"], "recipients": ["ada@example.com"]}
    assert (message["From"], message["To"]) == ("Plughost <noreply@example.com>", "ada@example.com")
    assert (message["Subject"], message["X-Plughost-Plugin"]) == ("Welcome", "sender")
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert text.get_content().strip() == "Hello <b>Ada</b>"
    assert html is not None
    assert html.get_content().strip() == "<h1>Hello &lt;b&gt;Ada&lt;/b&gt;</h1>"


async def test_html_of_its_own_to_several_people(host: PluginHost, mailbox: Mailbox) -> None:
    to = ["Ada <ada@example.com>", "bob@example.com", "ada@example.com"]
    await send(host, to=to, subject="Größe 🚀", html="<h1>Hello</h1>")
    (message,) = mailbox.messages
    assert mailbox.recipients == [["ada@example.com", "bob@example.com"]]
    assert message["Subject"] == "Größe 🚀"
    body = message.get_body(("html",))
    assert body is not None
    assert body.get_content().strip() == "<h1>Hello</h1>"


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"to": "ada"}, "to: found 'ada'"),
        ({"to": ["ada@example.com", "x\r\nBcc: eve@example.com"]}, r"to\[1\]"),
        ({"to": []}, "to: found 0 addresses"),
        ({"to": [f"a{n}@example.com" for n in range(51)]}, "to: found 51"),
        ({"subject": "x\r\nBcc: eve@example.com"}, "subject"),
        ({"subject": ""}, "subject"),
        ({"text": None}, "found no body"),
        ({"template": "welcome"}, "a template and a body"),
        ({"text": None, "template": "welcom"}, "did you mean welcome"),
        ({"text": None, "template": "../welcome"}, "there is no template"),
        ({"text": None, "template": "welcome", "data": {}}, "data: the template welcome.html needs more"),
        ({"text": "x" * 1_048_577}, "1048577 bytes"),
    ],
)
async def test_a_message_that_can_not_be_sent_is_refused_with_its_place(
    host: PluginHost, mailbox: Mailbox, wrong: dict[str, Any], named: str
) -> None:
    error = await failed(host, **({"text": "hello"} | wrong))
    assert error.code == "invalid_params"
    assert re.search(named, str(error)), str(error)
    assert mailbox.messages == []


async def test_a_broken_template_is_the_operators_fault(host: PluginHost) -> None:
    error = await failed(host, template="broken")
    assert error.code == "not_configured"
    assert "broken.html" in str(error)
    error = await failed(host, template="curious", data={"user": {}})
    assert error.code == "not_configured"
    assert "unsafe" in str(error)


async def test_what_the_server_says_reaches_the_plugin_with_whether_to_try_again(
    host: PluginHost, mailbox: Mailbox
) -> None:
    mailbox.refusal = "451 busy, come back later"
    error = await failed(host, text="hello")
    assert error.code == "delivery_failed"
    assert "busy, come back later" in str(error)
    assert (error.data["detail"]["temporary"], error.data["detail"]["smtp_code"]) == (True, 451)
    mailbox.refusal = "554 this looks like spam"
    error = await failed(host, text="hello")
    assert error.data["detail"]["temporary"] is False


async def test_recipients_that_are_refused_are_named(host: PluginHost, mailbox: Mailbox) -> None:
    error = await failed(host, to=["ada@example.com", "nobody@example.com"], text="hello")
    assert "nobody@example.com (550" in str(error)
    assert error.data["detail"]["refused"] == ["nobody@example.com"]
    assert mailbox.recipients == [["ada@example.com"]]
    error = await failed(host, to="nobody@example.com", text="hello")
    assert "no such user here" in str(error)
    assert error.data["detail"]["temporary"] is False


async def test_a_server_that_is_not_there_is_said(plugins: Path, write_plugin: Write) -> None:
    write_plugin("sender", SENDER, 'permissions = ["email:send"]\n')
    port = _free_port()
    async with PluginHost([plugins], autoload=True, email=settings(port)) as host:
        error = await failed(host, text="hello")
        assert f"127.0.0.1:{port}" in str(error)
        assert error.data["detail"]["temporary"] is True
        assert (await failed(host, template="welcome")).code == "not_configured"


async def test_a_host_without_a_mail_server_says_how_to_give_it_one(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("sender", SENDER, 'permissions = ["email:send"]\n')
    async with PluginHost([plugins], autoload=True) as host:
        error = await failed(host, text="hello")
        assert error.code == "not_configured"
        assert "[email]" in error.remedy


async def test_a_plugin_without_the_permission_sends_nothing(
    plugins: Path, write_plugin: Write, port: int, mailbox: Mailbox
) -> None:
    write_plugin("sender", SENDER, 'permissions = ["notifications"]\n')
    async with PluginHost([plugins], autoload=True, email=settings(port)) as host:
        error = await failed(host, text="hello")
        assert error.code == "denied"
        assert "email:send" in str(error)
    assert mailbox.messages == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_the_host_logs_in_where_the_server_wants_it(
    plugins: Path, write_plugin: Write, mailbox: Mailbox
) -> None:
    logins: list[object] = []

    def authenticate(*what: Any) -> AuthResult:
        logins.append(what[-1])
        return AuthResult(success=True)

    port = _free_port()
    controller = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=port,
        authenticator=authenticate,
        auth_required=True,
        auth_require_tls=False,
    )
    controller.start()
    try:
        write_plugin("sender", SENDER, 'permissions = ["email:send"]\n')
        mail = settings(port, username="host", password="let me in")
        async with PluginHost([plugins], autoload=True, email=mail) as host:
            await send(host, text="hello")
    finally:
        controller.stop()
    assert logins == [LoginPassword(b"host", b"let me in")]
    assert len(mailbox.messages) == 1
    assert "let me in" not in repr(mail)


def test_a_password_in_the_clear_over_the_network_is_refused() -> None:
    with pytest.raises(SettingsError, match="in the clear"):
        MailSettings("mail.example.com", "a@example.com", security="none", username="a", password="b")
