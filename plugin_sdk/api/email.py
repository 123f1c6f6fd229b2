"""`self.email`: messages that the host sends, by its own mail server and under its own address.

await self.email.send(to="ada@example.com", subject="Welcome", template="welcome", data={"user": "ada"})
await self.email.send(to=["ada@example.com"], subject="Report", html="<h1>Report</h1>")
"""

from collections.abc import Mapping, Sequence
from typing import Any, overload

from plugin_sdk.api.host import Link


class Email:
    """Sends messages; needs the permission `email:send`."""

    def __init__(self, link: Link) -> None:
        self._link = link

    @overload
    async def send(self, message: Mapping[str, Any]) -> dict[str, Any]: ...
    @overload
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
    ) -> dict[str, Any]: ...
    async def send(
        self,
        message: Mapping[str, Any] | None = None,
        *,
        timeout_s: float | None = None,
        **fields: Any,
    ) -> dict[str, Any]:
        """Send one message and wait until the mail server has taken it; returns its id and recipients.

        Either `template`, the name of one of the host's templates, filled with `data`; or `html`, `text` or
        both. What comes from people belongs into `data`, where it is escaped, or is to be escaped in `html`.
        All may be given as one mapping too.

        Raises:
            RpcError: `denied`; `invalid_params`; `not_configured`, if this host sends no mail; or
                `delivery_failed`, whose data say whether to try again (`temporary`).
        """
        given = {**(message or {}), **fields}
        params = {name: value for name, value in given.items() if value is not None}
        if "data" in params:
            params["data"] = dict(params["data"])
        return await self._link.call_host("email.send", params, timeout_s)
