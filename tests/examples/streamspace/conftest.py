"""The example system with real plugin processes; outside world and mail server are on this machine."""

import email
import logging
import queue
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Protocol, cast

import anyio
import anyio.to_thread
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from examples.streamspace.outside import Asked, Outside
from examples.streamspace.service import MAIL_TEMPLATES, PLUGINS, StreamSpace
from examples.streamspace.users import User
from host import MailSettings

WAIT_S = 20.0


class Start(Protocol):
    """`async with start("welcome", "slack") as service:`; all plugins if none is named."""

    def __call__(
        self, *plugins: str, config: dict[str, dict[str, Any]] | None = None, mail: MailSettings | None = None
    ) -> AbstractAsyncContextManager[StreamSpace]: ...


class Mailbox:
    """What the mail server was sent."""

    def __init__(self) -> None:
        self.messages: queue.SimpleQueue[EmailMessage] = queue.SimpleQueue()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = cast("bytes", envelope.content)
        self.messages.put(email.message_from_bytes(content, policy=policy.default))
        return "250 OK"

    async def next(self) -> EmailMessage:
        """Wait for the next message."""
        return await anyio.to_thread.run_sync(lambda: self.messages.get(timeout=WAIT_S))


class Lines(logging.Handler):
    """Log lines of one plugin, as they come."""

    def __init__(self, plugin: str) -> None:
        super().__init__()
        self._lines: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
        self._logger = logging.getLogger(f"plugin.{plugin}")

    def __enter__(self) -> "Lines":
        self._logger.addHandler(self)
        self._logger.setLevel(logging.INFO)
        return self

    def __exit__(self, *_: object) -> None:
        self._logger.removeHandler(self)
        self._logger.setLevel(logging.NOTSET)

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.put(record)

    async def next(self) -> tuple[str, dict[str, Any]]:
        """Wait for the next line; return its text and its fields."""
        record = await anyio.to_thread.run_sync(lambda: self._lines.get(timeout=WAIT_S))
        return record.getMessage(), record.__dict__.get("fields", {})

    async def until(self, text: str) -> dict[str, Any]:
        """Wait for the next line that has a text in it; return its fields."""
        while True:
            line, fields = await self.next()
            if text in line:
                return fields


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def outside() -> Iterator[Outside]:
    with Outside() as outside:
        yield outside


@pytest.fixture
def asked(outside: Outside) -> Callable[[], Awaitable[Asked]]:
    """`await asked()` waits for the next request to the outside."""
    return lambda: anyio.to_thread.run_sync(lambda: outside.asked.get(timeout=WAIT_S))


@pytest.fixture
def start(tmp_path: Path, outside: Outside) -> Start:
    """Start the service with two users and two templates; a plugin that does not start fails the test."""

    @asynccontextmanager
    async def start(
        *plugins: str, config: dict[str, dict[str, Any]] | None = None, mail: MailSettings | None = None
    ) -> AsyncGenerator[StreamSpace]:
        settings = outside.config()
        for plugin, values in (config or {}).items():
            settings[plugin] = {**settings.get(plugin, {}), **values}
        folders = [PLUGINS / plugin for plugin in plugins] or [PLUGINS]
        async with StreamSpace(tmp_path / "data", plugins=folders, config=settings, mail=mail) as service:
            assert {one.id: one.reason for one in service.host.plugins() if one.state != "active"} == {}
            grace = User("u-0", "grace", "Grace Hopper", "grace@example.com", "enterprise", admin=True)
            await service.users.add(grace)
            await service.users.create("ada", "Ada Lovelace", "ada@example.com", "pro")
            await service.templates.create("firefox-browser", "Firefox")
            await service.templates.create("support-workspace", "Support")
            yield service

    return start


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def mail(mailbox: Mailbox) -> Iterator[MailSettings]:
    """A mail server that runs, as the service is told of it."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    sender = "StreamSpace <noreply@streamspace.example.com>"
    yield MailSettings("127.0.0.1", sender, port, "none", templates=MAIL_TEMPLATES)
    controller.stop()
