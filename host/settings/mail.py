"""Mail settings: by which server and under which address the host sends, and where its templates are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from host.errors import SettingsError

Security = Literal["none", "starttls", "tls"]

DEFAULT_PORTS: Mapping[str, int] = {"none": 25, "starttls": 587, "tls": 465}
SEND_TIMEOUT_S = 30.0
"""Longest time that one message may take; the caller's own deadline is usually shorter."""


@dataclass(frozen=True, slots=True)
class MailSettings:
    """How the host sends mail."""

    host: str
    """Name or address of the mail server."""
    sender: str
    """The address in From, such as `Plughost <noreply@example.com>`."""
    port: int | None = None
    """None: 25, 587 or 465 by `security`."""
    security: Security = "starttls"
    """`none` speaks in the clear: for a server on this machine."""
    username: str = ""
    password: str = field(default="", repr=False)
    templates: Path | None = None
    """Folder of templates: `welcome.html`, `welcome.txt` or both are the template `welcome`."""
    max_recipients: int = 50
    max_bytes: int = 1024 * 1024
    """Longest body of a message, in bytes of UTF-8."""

    def __post_init__(self) -> None:
        if self.username and self.security == "none" and self.host not in ("localhost", "127.0.0.1", "::1"):
            raise SettingsError(
                f"email: the password for {self.host} would go over the network in the clear",
                remedy='security = "starttls" or "tls"',
            )

    @property
    def server_port(self) -> int:
        """The port that is meant."""
        return DEFAULT_PORTS[self.security] if self.port is None else self.port
