"""`notify.*`: notifications of plugins to people, whom the embedding application knows and delivers to.

Owns what a notification may hold and who in the application hears of it. Keeps the latest ones. Without a
handler they are in the host's log and in that list, so nothing is lost unseen.
"""

import inspect
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeVar
from urllib.parse import urlsplit

from host.clock import Clock
from host.errors import DeliveryFailed, InvalidParams
from host.facade import Caller
from host.ids import PluginId, new_incident_id
from host.logs import clean
from host.masking import known
from host.routing.gateway import ApiGateway
from protocol.messages.notify import Action, NotificationType, Notified

logger = logging.getLogger(__name__)

Audience = Literal["user", "all", "admins"]

MAX_TITLE_CHARS: Final = 200
MAX_MESSAGE_CHARS: Final = 4_000
MAX_ACTIONS: Final = 8
MAX_URL_CHARS: Final = 2_000
MAX_USER_CHARS: Final = 200
MAX_TIMEOUT_MS: Final = 24 * 3600 * 1_000
KEPT: Final = 500
"""Latest notifications of all plugins that `recent` returns."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One, checked: no control characters in its texts, and links to the web or into the application only."""

    id: str
    plugin: PluginId
    """Who sends it; from the connection."""
    audience: Audience
    user: str
    """Whom it is for; empty unless the audience is `user`."""
    title: str
    message: str
    type: NotificationType
    actions: tuple[Action, ...]
    dismissible: bool
    timeout_ms: int | None
    at_s: float
    """Seconds since the epoch."""


Handler = Callable[[Notification], Awaitable[object] | object]
_H = TypeVar("_H", bound=Handler)


class Notifications:
    """All of one host."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._handlers: list[Handler] = []
        self._recent: deque[Notification] = deque(maxlen=KEPT)

    def on(self, handler: _H) -> _H:
        """Have a function deliver notifications; a decorator. One that is not async must not block."""
        self._handlers.append(handler)
        return handler

    def recent(self, plugin: str | None = None) -> tuple[Notification, ...]:
        """Return the latest ones, oldest first; those of one plugin if it is named."""
        return tuple(one for one in self._recent if plugin is None or one.plugin == plugin)

    def attach(self, gateway: ApiGateway) -> None:
        """Publish the functions to plugins."""
        gateway.attach_builtin("notify.user", self.user)
        gateway.attach_builtin("notify.all", self.all)
        gateway.attach_builtin("notify.admins", self.admins)

    async def user(
        self,
        caller: Caller,
        user: str,
        title: str,
        message: str,
        type: NotificationType = "info",
        actions: tuple[Action, ...] = (),
        dismissible: bool = True,
        timeout: int | None = None,
    ) -> Notified:
        """Notify one user."""
        user = _text("user", user, MAX_USER_CHARS)
        return await self._send(
            caller, "user", user, title, message, type, actions, dismissible=dismissible, timeout_ms=timeout
        )

    async def all(
        self,
        caller: Caller,
        title: str,
        message: str,
        type: NotificationType = "info",
        actions: tuple[Action, ...] = (),
        dismissible: bool = True,
        timeout: int | None = None,
    ) -> Notified:
        """Notify everybody."""
        return await self._send(
            caller, "all", "", title, message, type, actions, dismissible=dismissible, timeout_ms=timeout
        )

    async def admins(
        self,
        caller: Caller,
        title: str,
        message: str,
        type: NotificationType = "info",
        actions: tuple[Action, ...] = (),
        dismissible: bool = True,
        timeout: int | None = None,
    ) -> Notified:
        """Notify those who run the application."""
        return await self._send(
            caller, "admins", "", title, message, type, actions, dismissible=dismissible, timeout_ms=timeout
        )

    async def _send(
        self,
        caller: Caller,
        audience: Audience,
        user: str,
        title: str,
        message: str,
        type_: NotificationType,
        actions: tuple[Action, ...],
        *,
        dismissible: bool,
        timeout_ms: int | None,
    ) -> Notified:
        if len(actions) > MAX_ACTIONS:
            raise InvalidParams(f"actions: found {len(actions)}; allowed: at most {MAX_ACTIONS}")
        if timeout_ms is not None and not 0 < timeout_ms <= MAX_TIMEOUT_MS:
            raise InvalidParams(f"timeout: found {timeout_ms}; allowed: 1 to {MAX_TIMEOUT_MS} milliseconds")
        notification = Notification(
            id=new_incident_id(),
            plugin=caller.plugin,
            audience=audience,
            user=user,
            title=_text("title", title, MAX_TITLE_CHARS),
            message=_text("message", message, MAX_MESSAGE_CHARS, lines=True),
            type=type_,
            actions=tuple(_action(number, action) for number, action in enumerate(actions)),
            dismissible=dismissible,
            timeout_ms=timeout_ms,
            at_s=self._clock.wall(),
        )
        self._recent.append(notification)
        if not self._handlers:
            to = user if audience == "user" else audience
            logger.info(
                "notification to %s: %s: %s",
                known.cleared(to),
                known.cleared(notification.title),
                known.cleared(notification.message),
                extra={"fields": {"plugin": caller.plugin, "type": type_}},
            )
        for handler in self._handlers:
            await _deliver(handler, notification)
        return Notified(notification.id, len(self._handlers))


async def _deliver(handler: Handler, notification: Notification) -> None:
    try:
        result = handler(notification)
        if inspect.isawaitable(result):
            await result
    except Exception as exc:
        # The border to the application's own code: the plugin learns that it failed, the log why.
        logger.exception(
            "a notification could not be delivered",
            extra={"fields": {"plugin": notification.plugin, "incident": notification.id}},
        )
        raise DeliveryFailed(
            f"the application could not deliver the notification; incident {notification.id}",
            remedy="look the incident up in the host's log",
            incident=notification.id,
        ) from exc


def _text(name: str, text: str, most: int, *, lines: bool = False) -> str:
    """Return a text that may be shown, or refuse it."""
    if not text.strip():
        raise InvalidParams(f"{name}: found an empty text; allowed: 1 to {most} characters")
    if len(text) > most:
        raise InvalidParams(f"{name}: found {len(text)} characters; allowed: at most {most}")
    return "\n".join(clean(line) for line in text.splitlines()) if lines else clean(text)


def _action(number: int, action: Action) -> Action:
    place = f"actions[{number}]"
    url = action.url
    try:
        parts = urlsplit(url)
    except ValueError as exc:
        raise InvalidParams(f"{place}.url: {exc}") from None
    absolute = parts.scheme in ("http", "https") and bool(parts.netloc)
    # `//host` would leave the application, and browsers read a backslash as a slash.
    inside = url.startswith("/") and not url.startswith(("//", "/\\"))
    if len(url) > MAX_URL_CHARS or not url.isprintable() or not (absolute or inside):
        raise InvalidParams(
            f"{place}.url: found {url[:80]!r}; allowed: a URL of http or https, or a path that begins with /"
        )
    return Action(_text(f"{place}.label", action.label, MAX_TITLE_CHARS), url)
