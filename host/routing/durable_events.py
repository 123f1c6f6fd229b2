"""Durable events: the log, and all subscriptions whose events must not be lost.

Subscriptions are kept while their plugins do not run, until they are forgotten. How one is served is
`durable_delivery`'s.
"""

import logging
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import anyio
import msgspec
from anyio.abc import TaskGroup

from host.clock import Clock
from host.errors import InvalidParams, PlughostError, PluginNotFound
from host.facade import Joining
from host.ids import PluginId
from host.routing.durable_delivery import Delivery
from host.state import event_log
from host.state.database import Database
from host.state.event_log import DeadLetter, KeptSubscription, LoggedEvent
from host.timing import Timing
from protocol.filters import compile_where
from protocol.messages.provides import Subscription

logger = logging.getLogger(__name__)

FILE: Final = "events.db"
RETENTION_S: Final = 7 * 86_400.0
RETENTION_BYTES: Final = 1024 * 1024 * 1024
RETIRE_EVERY_S: Final = 60.0


class DurableEvents:
    """All durable subscriptions of one host."""

    def __init__(
        self,
        clock: Clock,
        timing: Timing,
        *,
        retention_s: float = RETENTION_S,
        retention_bytes: int = RETENTION_BYTES,
    ) -> None:
        self._clock = clock
        self._timing = timing
        self._retention_s = retention_s
        self._retention_bytes = retention_bytes
        self._deliveries: dict[tuple[str, str], Delivery] = {}
        self._database: Database | None = None
        self._tasks: TaskGroup | None = None
        self._retiring: anyio.CancelScope | None = None

    async def open(self, folder: Path, tasks: TaskGroup) -> int:
        """Open the log; return the last number that was given."""
        self._database = Database(folder / FILE, event_log.SCHEMA)
        await self._database.open()
        self._tasks = tasks
        for one in await self._database.read(event_log.subscriptions):
            self._deliveries[one.plugin, one.name] = _kept(one)
        self._retiring = anyio.CancelScope()
        tasks.start_soon(self._retire, self._retiring)
        return await self._database.read(event_log.last_seq)

    async def aclose(self) -> None:
        """Write what is under way, and close."""
        if self._retiring is not None:
            self._retiring.cancel()
        for one in self._deliveries.values():
            if one.scope is not None:
                one.scope.cancel()
        if self._database is not None:
            await self._database.aclose()
        self._deliveries.clear()

    def wanted(self, topic: str) -> bool:
        """Tell whether some durable subscription wants a topic."""
        return any(one.wants(topic) for one in self._deliveries.values())

    async def append(self, event: LoggedEvent) -> None:
        """Keep an event; it is on the disk when this returns. Raises DiskFull."""
        await self._db().write(lambda connection: event_log.append(connection, event))
        for one in self._deliveries.values():
            if one.wants(event.topic):
                one.news.set()

    def join(self, session: Joining, subscriptions: Sequence[Subscription], seq: int) -> None:
        """Note the durable subscriptions of a session; those that it no longer has are forgotten.

        `seq`: the last number that was given; a new subscription begins behind it.
        """
        names = {one.name for one in subscriptions}
        for (plugin, name), one in [*self._deliveries.items()]:
            if plugin == session.plugin and name not in names:
                one.stop()
                del self._deliveries[plugin, name]
                self._db().submit(_unsubscribing(plugin, name))
        for subscription in subscriptions:
            self.add(session, subscription, seq)

    def add(self, session: Joining, subscription: Subscription, seq: int) -> None:
        """Note one subscription; deliveries begin with `begin`."""
        key = (session.plugin, subscription.name)
        known = self._deliveries.get(key)
        one = Delivery(
            session.plugin,
            subscription.name,
            subscription.topics,
            compile_where(subscription.where),
            seq if known is None else known.cursor,
            0 if known is None else known.lagged,
            session,
        )
        self._deliveries[key] = one

    def begin(self, session: Joining) -> None:
        """Deliver to a session, which is active now."""
        for one in self._deliveries.values():
            if one.session is session and one.scope is None and self._tasks is not None:
                one.scope = anyio.CancelScope()
                self._tasks.start_soon(one.run, one.scope, self._db(), self._clock, self._timing)

    def leave(self, session: Joining) -> None:
        """Deliver no more to a session that ended."""
        for one in self._deliveries.values():
            if one.session is session:
                one.stop()

    async def forget(self, plugin: str, name: str | None = None) -> None:
        """Forget a plugin's subscriptions, so that no events are kept for it."""
        for key, one in [*self._deliveries.items()]:
            if one.plugin == plugin and name in (None, one.name):
                one.stop()
                del self._deliveries[key]
        await self._db().write(lambda connection: event_log.unsubscribe(connection, plugin, name))

    async def lag(self) -> list[tuple[Delivery, int]]:
        """Return every durable subscription and how many events of the log lie behind its cursor."""
        last = await self._db().read(event_log.last_seq)
        return [(one, max(0, last - max(0, one.cursor))) for one in self._deliveries.values()]

    async def replay(
        self, plugin: str, name: str, *, since_s: float | None = None, after: int | None = None
    ) -> None:
        """Set a subscription back, to a time or behind an event; it gets again what is still kept."""
        one = self._deliveries.get((plugin, name))
        if one is None:
            raise PluginNotFound(f"{plugin}.{name}", [f"{p}.{n}" for p, n in self._deliveries if p == plugin])
        if (since_s is None) == (after is None):
            raise InvalidParams("replay: say since when, or behind which event, and not both")
        cursor = after
        if since_s is not None:
            cursor = await self._db().read(lambda connection: event_log.seq_at(connection, since_s))
        assert cursor is not None
        session = one.session
        one.stop()
        one.cursor = cursor
        await self._db().write(lambda connection: event_log.move(connection, plugin, name, cursor))
        if session is not None:
            one.session = session
            self.begin(session)

    async def dead_letters(self, plugin: str | None = None, limit: int = 1_000) -> list[DeadLetter]:
        """Return events that could not be handled, oldest first."""
        return await self._db().read(lambda connection: event_log.dead_letters(connection, plugin, limit))

    async def redrive(self, plugin: str | None = None) -> int:
        """Have dead letters handled again; return how many were. What fails stays one."""
        done: list[int] = []
        for letter in await self.dead_letters(plugin):
            one = self._deliveries.get((letter.plugin, letter.subscription))
            if one is None or one.session is None or one.scope is None:
                continue
            event = LoggedEvent(letter.seq, letter.topic, letter.data, letter.time_s)
            handled = await one.ask(self._timing, [event])
            if handled.error is None:
                done.append(letter.id)
        await self._db().write(lambda connection: event_log.drop_dead_letters(connection, done))
        return len(done)

    async def drop_dead_letters(self, plugin: str) -> int:
        """Forget a plugin's dead letters; return how many there were."""
        letters = await self.dead_letters(plugin)
        ids = [one.id for one in letters]
        await self._db().write(lambda connection: event_log.drop_dead_letters(connection, ids))
        return len(ids)

    # Inside.

    def _db(self) -> Database:
        assert self._database is not None
        return self._database

    async def _retire(self, scope: anyio.CancelScope) -> None:
        with scope:
            while True:
                await anyio.sleep(RETIRE_EVERY_S)
                await self.retire()

    async def retire(self) -> None:
        """Delete events that are too old, or too much, or needed by nobody any more."""
        before_s = self._clock.wall() - self._retention_s
        most = self._retention_bytes
        try:
            lost = await self._db().write(lambda connection: event_log.retire(connection, before_s, most))
        except PlughostError as exc:
            logger.warning("old events could not be deleted: %s", exc)
            return
        for kept in lost:
            one = self._deliveries.get((kept.plugin, kept.name))
            if one is not None:
                one.cursor = max(one.cursor, kept.cursor)
                one.lagged = kept.lagged
            logger.error(
                "a durable subscription lost events: they became too old before it handled them",
                extra={"fields": {"plugin": kept.plugin, "subscription": kept.name, "lost": kept.lagged}},
            )


def _unsubscribing(plugin: str, name: str) -> Callable[[sqlite3.Connection], None]:
    return lambda connection: event_log.unsubscribe(connection, plugin, name)


def _kept(one: KeptSubscription) -> Delivery:
    topics: Any = msgspec.json.decode(one.topics, type=tuple[str, ...])
    return Delivery(PluginId(one.plugin), one.name, topics, None, one.cursor, one.lagged)
