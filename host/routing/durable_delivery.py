"""Durable delivery: one subscription whose events must not be lost, and how they reach its plugin.

One batch at a time, in order, at least once: what a plugin did not acknowledge comes again. An event that
fails again and again becomes a dead letter, and the next one comes.
"""

import logging
import sqlite3
from collections.abc import Sequence
from typing import Final

import anyio
import msgspec

from host.clock import Clock
from host.errors import PlughostError
from host.facade import Joining
from host.ids import PluginId
from host.state import event_log
from host.state.database import Database
from host.state.event_log import KeptSubscription, LoggedEvent
from host.timing import Timing
from protocol import jsonrpc
from protocol.errors import RpcError
from protocol.filters import Filter
from protocol.messages.events import Event, Events, EventsHandled
from protocol.topics import matches

logger = logging.getLogger(__name__)

BATCH: Final = 64
"""Events in one delivery."""

READ_AHEAD: Final = 512
"""Events that are looked through at once for those that a subscription wants."""

_handled = msgspec.json.Decoder(EventsHandled)


class Delivery:
    """One durable subscription, at work or kept for a plugin that does not run."""

    def __init__(
        self,
        plugin: PluginId,
        name: str,
        topics: tuple[str, ...],
        passes: Filter | None,
        cursor: int,
        lagged: int,
        session: Joining | None = None,
    ) -> None:
        """`cursor`: the last event that need not be delivered."""
        self.plugin = plugin
        self.name = name
        self.topics = topics
        self.cursor = cursor
        self.lagged = lagged
        """Events that were lost to it because they became too old."""
        self.session = session
        self.delivered = 0
        self.error = ""
        """Why the last delivery failed."""
        self.news = anyio.Event()
        self.scope: anyio.CancelScope | None = None
        self._passes = passes
        self._attempts = 0

    def wants(self, topic: str) -> bool:
        """Tell whether a topic is one of its."""
        return any(matches(pattern, topic) for pattern in self.topics)

    def stop(self) -> None:
        """Deliver no more."""
        self.session = None
        if self.scope is not None:
            self.scope.cancel()
            self.scope = None

    async def run(self, scope: anyio.CancelScope, database: Database, clock: Clock, timing: Timing) -> None:
        """Deliver until it is stopped."""
        with scope:
            try:
                await self._keep(database)
                while True:
                    self.news = news = anyio.Event()
                    if not await self._deliver_some(database, clock, timing):
                        await news.wait()
            except PlughostError as exc:
                logger.error(
                    "deliveries stopped until the plugin is loaded again: %s",
                    exc,
                    extra={"fields": {"plugin": self.plugin, "subscription": self.name}},
                )

    async def _keep(self, database: Database) -> None:
        """Have the subscription written down."""
        topics = msgspec.json.encode(self.topics).decode()

        def job(connection: sqlite3.Connection) -> int:
            kept = KeptSubscription(self.plugin, self.name, topics, "{}", self.cursor, self.lagged)
            return event_log.subscribe(connection, kept)

        self.cursor = await database.write(job)

    async def _deliver_some(self, database: Database, clock: Clock, timing: Timing) -> bool:
        """Deliver one batch; tell whether there may be more."""
        seen = await database.read(lambda connection: event_log.after(connection, self.cursor, READ_AHEAD))
        if not seen:
            return False
        wanted = [event for event in seen if self._wanted(event)][:BATCH]
        if not wanted:
            await self._move(database, seen[-1].seq)
            return True
        handled = await self.ask(timing, wanted)
        if handled.handled > self.cursor:
            self._attempts = 0
            behind = handled.handled
            if handled.error is None and len(wanted) < BATCH:
                behind = max(behind, seen[-1].seq)
            self.delivered += sum(event.seq <= handled.handled for event in wanted)
            await self._move(database, behind)
        if handled.error is None:
            return True
        self.error = handled.error
        failed = next((event for event in wanted if event.seq > self.cursor), None)
        if failed is not None:
            await self._again(database, clock, timing, failed)
        return True

    async def ask(self, timing: Timing, events: Sequence[LoggedEvent]) -> EventsHandled:
        """Send a batch; what goes wrong is told as an error behind the last one that was handled."""
        assert self.session is not None
        batch = Events(
            self.name,
            tuple(Event(event.topic, msgspec.Raw(event.data), event.seq, event.time_s) for event in events),
        )
        try:
            raw = await self.session.peer.outgoing.request(
                "plugin.events",
                jsonrpc.encode(batch),
                timeout_s=timing.stream_total_s,
                idle_s=timing.stream_idle_s,
                bounded=False,
            )
            handled = _handled.decode(raw)
        except RpcError as exc:
            return EventsHandled(0, exc.message[:500])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
            return EventsHandled(0, f"its answer can't be read: {exc}")
        except PlughostError as exc:
            # It died: what it did not acknowledge comes again when it is back.
            logger.debug("a delivery ended with the plugin: %s", exc)
            await anyio.sleep_forever()
            raise
        if handled.error is None and handled.handled != events[-1].seq:
            return EventsHandled(min(handled.handled, events[-1].seq), "it did not handle the whole batch")
        return handled

    async def _again(self, database: Database, clock: Clock, timing: Timing, event: LoggedEvent) -> None:
        """Wait before a failed event is tried again, or bury it."""
        attempt, self._attempts = self._attempts, self._attempts + 1
        if attempt < len(timing.event_retries_s):
            await anyio.sleep(timing.event_retries_s[attempt])
            return
        self._attempts = 0
        failed_s = clock.wall()
        error = self.error
        await database.write(
            lambda connection: event_log.bury(connection, self.plugin, self.name, event, failed_s, error)
        )
        self.cursor = event.seq
        logger.error(
            "an event could not be handled and is a dead letter now: %s",
            error,
            extra={
                "fields": {
                    "plugin": self.plugin,
                    "subscription": self.name,
                    "topic": event.topic,
                    "seq": event.seq,
                    "attempts": attempt + 1,
                    "remedy": "mend the plugin, then host.events.redrive()",
                }
            },
        )

    async def _move(self, database: Database, cursor: int) -> None:
        self.cursor = cursor
        await database.write(lambda connection: event_log.move(connection, self.plugin, self.name, cursor))

    def _wanted(self, event: LoggedEvent) -> bool:
        if not self.wants(event.topic):
            return False
        return self._passes is None or self._passes(msgspec.json.decode(event.data))
