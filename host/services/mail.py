"""`email.send`: messages that the host sends for plugins, by the operator's mail server.

Owns what a message may hold and what is said of one that was not taken. Keeps no queue: the plugin waits, and
learns whether the server took it, and if not, whether to try again.
"""

import re
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import make_msgid, parseaddr
from typing import Any, Final

import aiosmtplib
import anyio
import anyio.to_thread

from host.errors import DeliveryFailed, InvalidParams, NotConfigured
from host.facade import Caller
from host.routing.gateway import ApiGateway
from host.services.mail_templates import Bodies, MailTemplates
from host.settings.mail import SEND_TIMEOUT_S, MailSettings
from protocol.messages.email import EmailSent

MAX_SUBJECT_CHARS: Final = 500
MAX_CONNECTIONS: Final = 4
"""Messages that are on their way to the server at once; further ones wait under their own deadline."""

_ADDRESS: Final = re.compile(r"[^\s<>@,;:\"\\()\[\]]{1,64}@[A-Za-z0-9.-]{1,253}\Z")
_TEMPORARY: Final = range(400, 500)


class Mail:
    """The mail of one host."""

    def __init__(self, settings: MailSettings | None) -> None:
        """None: this host sends no mail, and says so to whoever asks."""
        self.settings = settings
        self._templates = MailTemplates(settings.templates) if settings and settings.templates else None
        self._places: anyio.Semaphore | None = None
        self.sent = 0
        """Messages that the server took."""
        self.failed = 0

    def attach(self, gateway: ApiGateway) -> None:
        """Publish the function to plugins."""
        gateway.attach_builtin("email.send", self.send)

    async def send(
        self,
        caller: Caller,
        to: str | tuple[str, ...],
        subject: str,
        template: str | None = None,
        data: dict[str, Any] = {},  # noqa: B006 - never changed; the method table has the same default
        html: str | None = None,
        text: str | None = None,
    ) -> EmailSent:
        """Send one message.

        Raises:
            NotConfigured: This host sends no mail, or has no templates.
            InvalidParams: An address, the subject or the body can't be used.
            DeliveryFailed: The server did not take it; `temporary` in its data says whether to try again.
        """
        settings = self.settings
        if settings is None:
            raise NotConfigured(
                "this host sends no mail",
                remedy="give it a mail server: PluginHost(email=...), or [email] in plughost.toml",
            )
        recipients = _recipients(to, settings.max_recipients)
        if not subject.strip() or len(subject) > MAX_SUBJECT_CHARS or not subject.isprintable():
            raise InvalidParams(
                f"subject: found {subject[:80]!r}; allowed: one line of 1 to {MAX_SUBJECT_CHARS} characters"
            )
        bodies = await self._bodies(template, data, html, text)
        size = sum(len(body.encode(errors="replace")) for body in (bodies.html, bodies.text) if body)
        if size > settings.max_bytes:
            raise InvalidParams(
                f"the message has {size} bytes; allowed: at most {settings.max_bytes}",
                remedy="send less, or a link to it",
            )
        message = _message(settings.sender, recipients, subject, bodies, caller)
        await self._deliver(settings, message, recipients)
        return EmailSent(str(message["Message-ID"]), recipients)

    async def _bodies(
        self, template: str | None, data: Mapping[str, Any], html: str | None, text: str | None
    ) -> Bodies:
        if template is not None:
            if html is not None or text is not None:
                raise InvalidParams("found a template and a body; allowed: one of them")
            if self._templates is None:
                raise NotConfigured(
                    "this host has no mail templates", remedy="set `templates`, the folder that holds them"
                )
            return await anyio.to_thread.run_sync(self._templates.render, template, data)
        if not (html or text):
            raise InvalidParams("found no body; allowed: a template, html, text, or html and text")
        return Bodies(html or None, text or None)

    async def _deliver(
        self, settings: MailSettings, message: EmailMessage, recipients: tuple[str, ...]
    ) -> None:
        self._places = self._places or anyio.Semaphore(MAX_CONNECTIONS)
        async with self._places:
            try:
                refused, _ = await aiosmtplib.send(
                    message,
                    recipients=list(recipients),
                    hostname=settings.host,
                    port=settings.server_port,
                    username=settings.username or None,
                    password=settings.password or None,
                    use_tls=settings.security == "tls",
                    start_tls=settings.security == "starttls",
                    timeout=SEND_TIMEOUT_S,
                )
            except (aiosmtplib.SMTPException, OSError, ValueError) as exc:
                self.failed += 1
                raise _failure(settings, exc) from None
        if refused:
            self.failed += 1
            named = ", ".join(f"{address} ({code} {said})" for address, (code, said) in refused.items())
            raise DeliveryFailed(
                f"the mail server took the message, but not for {named[:500]}",
                remedy="mend the addresses; the other recipients have it",
                temporary=all(code in _TEMPORARY for code, _ in refused.values()),
                refused=tuple(refused),
            )
        self.sent += 1


def _recipients(to: str | tuple[str, ...], most: int) -> tuple[str, ...]:
    written = (to,) if isinstance(to, str) else to
    if not 1 <= len(written) <= most:
        raise InvalidParams(f"to: found {len(written)} addresses; allowed: 1 to {most}")
    recipients: list[str] = []
    for number, one in enumerate(written):
        _, address = parseaddr(one) if one.isprintable() else ("", "")
        if not _ADDRESS.match(address):
            place = "to" if isinstance(to, str) else f"to[{number}]"
            raise InvalidParams(f"{place}: found {one[:80]!r}; allowed: an address such as ada@example.com")
        recipients.append(address)
    return tuple(dict.fromkeys(recipients))


def _message(
    sender: str, recipients: tuple[str, ...], subject: str, bodies: Bodies, caller: Caller
) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    message["Subject"] = subject
    message["Message-ID"] = make_msgid(domain=parseaddr(sender)[1].partition("@")[2] or None)
    message["X-Plughost-Plugin"] = caller.plugin
    if bodies.text is not None:
        message.set_content(bodies.text)
        if bodies.html is not None:
            message.add_alternative(bodies.html, subtype="html")
    else:
        message.set_content(bodies.html or "", subtype="html")
    return message


def _failure(settings: MailSettings, exc: Exception) -> DeliveryFailed:
    code: int | None = getattr(exc, "code", None)
    refused: list[Any] = getattr(exc, "recipients", [])
    if refused:
        code = refused[0].code
    temporary = code in _TEMPORARY if code is not None else isinstance(exc, OSError | TimeoutError)
    said = " ".join(str(getattr(exc, "message", "") or exc).split())[:300]
    return DeliveryFailed(
        f"the mail server {settings.host}:{settings.server_port} did not take the message: {said}",
        remedy="try again later" if temporary else "mend what the server says",
        temporary=temporary,
        smtp_code=code,
    )
