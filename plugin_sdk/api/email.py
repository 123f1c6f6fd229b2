"""`self.email`: messages that the host sends, by its own mail server and under its own address.

await self.email.send(to="ada@example.com", subject="Welcome", template="welcome", data={"user": "ada"})
await self.email.send(to=["ada@example.com"], subject="Report", html="<h1>Report</h1>")
"""

from collections.abc import Mapping, Sequence
from typing import Any

from plugin_sdk.api.host import Link


class Email:
    """Sends messages; needs the permission `email:send`."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def send(
        self,
        *,
        to: str | Sequence[str],
        subject: str,
        template: str | None = None,
        data: Mapping[str, Any] | None = None,
        html: str | None = None,
        text: str | None = None,
        timeout_s: float | None = None,
    ) -> dict[str, Any]:
        """Send one message and wait until the mail server has taken it; returns its id and recipients.

        Either `template`, the name of one of the host's templates, filled with `data`; or `html`, `text` or
        both. What comes from people belongs into `data`, where it is escaped, or is to be escaped in `html`.

        Raises:
            RpcError: `denied`; `invalid_params`; `not_configured`, if this host sends no mail; or
                `delivery_failed`, whose data say whether to try again (`temporary`).
        """
        params: dict[str, Any] = {"to": to if isinstance(to, str) else list(to), "subject": subject}
        if template is not None:
            params["template"] = template
        if data is not None:
            params["data"] = dict(data)
        if html is not None:
            params["html"] = html
        if text is not None:
            params["text"] = text
        return await self._link.call_host("email.send", params, timeout_s)
