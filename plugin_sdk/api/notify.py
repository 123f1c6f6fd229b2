"""`self.notify`: notifications to people, shown by the application that embeds the host.

    await self.notify.user("ada", title="Ready", message="Your session is ready!", type="success",
                           actions=[{"label": "Open", "url": "/sessions/7"}], timeout=5000)
    await self.notify.admins(title="Report", message="7 sessions")

A notification may be given as one mapping too: `await self.notify(user, {"title": ..., "message": ...})`, and
`await self.notify.all({...})`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, overload

from plugin_sdk.api.host import Link

Kind = Literal["info", "success", "warning", "error"]
Actions = Sequence[Mapping[str, str]]


class Notify:
    """Sends notifications; needs the permission `notifications:send`.

    `actions` are mappings with `label` and `url`; `timeout` is in milliseconds, None leaves it there. All
    raise RpcError: `denied`, `invalid_params`, or `delivery_failed` where the application could not show it.
    """

    def __init__(self, link: Link) -> None:
        self._link = link

    async def __call__(self, user: str, notification: Mapping[str, Any]) -> dict[str, Any]:
        """Notify one user, the notification given as a mapping."""
        return await self.user(user, notification)

    @overload
    async def user(self, user: str, notification: Mapping[str, Any]) -> dict[str, Any]: ...
    @overload
    async def user(
        self,
        user: str,
        *,
        title: str,
        message: str,
        type: Kind = "info",
        actions: Actions = (),
        dismissible: bool = True,
        timeout: int | None = None,
    ) -> dict[str, Any]: ...
    async def user(
        self, user: str, notification: Mapping[str, Any] | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Notify one user; the application knows what its users are called."""
        params = {"user": user, **(notification or {}), **fields}
        return await self._link.call_host("notify.user", params)

    @overload
    async def all(self, notification: Mapping[str, Any]) -> dict[str, Any]: ...
    @overload
    async def all(
        self,
        *,
        title: str,
        message: str,
        type: Kind = "info",
        actions: Actions = (),
        dismissible: bool = True,
        timeout: int | None = None,
    ) -> dict[str, Any]: ...
    async def all(self, notification: Mapping[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
        """Notify everybody."""
        return await self._link.call_host("notify.all", {**(notification or {}), **fields})

    @overload
    async def admins(self, notification: Mapping[str, Any]) -> dict[str, Any]: ...
    @overload
    async def admins(
        self,
        *,
        title: str,
        message: str,
        type: Kind = "info",
        actions: Actions = (),
        dismissible: bool = True,
        timeout: int | None = None,
    ) -> dict[str, Any]: ...
    async def admins(self, notification: Mapping[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
        """Notify those who run the application."""
        return await self._link.call_host("notify.admins", {**(notification or {}), **fields})
