"""`events.*`: what plugins say of events, with the identity of their connection."""

import logging
from collections.abc import Callable

import msgspec

from host.errors import NotActive
from host.facade import Caller, Joining
from host.routing.events import Events
from host.routing.gateway import ApiGateway
from protocol.messages.events import Emitted, EventsCredit
from protocol.messages.meta import Empty
from protocol.messages.provides import Subscription

logger = logging.getLogger(__name__)

_credit = msgspec.json.Decoder(EventsCredit).decode


class EventsService:
    """Events, for plugins."""

    def __init__(self, events: Events, session_of: Callable[[str], Joining | None]) -> None:
        """`session_of(plugin)` returns the session of a plugin, whatever its state."""
        self._events = events
        self._session_of = session_of

    def attach(self, gateway: ApiGateway) -> None:
        """Publish the functions to plugins."""
        gateway.attach_builtin("events.emit", self.emit)
        gateway.attach_builtin("events.subscribe", self.subscribe)
        gateway.attach_builtin("events.unsubscribe", self.unsubscribe)
        gateway.attach_notification("events.credit", self.credit)

    async def emit(
        self,
        caller: Caller,
        topic: str,
        data: msgspec.Raw = msgspec.Raw(b"null"),  # noqa: B008 - never changed
        durable: bool | None = None,
    ) -> Emitted:
        """Emit an event."""
        grants = self._session(caller).grants
        full, seq = await self._events.emit_for(caller.plugin, grants, topic, data, durable)
        return Emitted(seq, full)

    async def subscribe(self, caller: Caller, subscription: Subscription) -> Empty:
        """Subscribe from code that runs."""
        self._events.subscribe(self._session(caller), subscription)
        return Empty()

    async def unsubscribe(self, caller: Caller, name: str) -> Empty:
        """End a subscription."""
        await self._events.unsubscribe(self._session(caller), name)
        return Empty()

    def credit(self, caller: Caller, method: str, params: msgspec.Raw) -> None:
        """Take one `events.credit`."""
        try:
            self._events.credit(caller.plugin, _credit(params).n)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
            logger.warning(
                "%s could not be read: %s", method, exc, extra={"fields": {"plugin": caller.plugin}}
            )

    def _session(self, caller: Caller) -> Joining:
        session = self._session_of(caller.plugin)
        if session is None or session.id != caller.session:
            raise NotActive("the plugin is about to end", plugin=caller.plugin)
        return session
