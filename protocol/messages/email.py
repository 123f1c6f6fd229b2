"""`email.*`: messages that the host sends for a plugin."""

from typing import Any

import msgspec


class EmailSend(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message: from a template of the host, or with a body of its own."""

    to: str | tuple[str, ...]
    subject: str
    template: str | None = None
    data: dict[str, Any] = {}
    """For the template."""
    html: str | None = None
    text: str | None = None


class EmailSent(msgspec.Struct, frozen=True):
    """The mail server took it."""

    id: str
    """Its Message-ID."""
    recipients: tuple[str, ...]
