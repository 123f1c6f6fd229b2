"""Event log keeper: durable events and subscriptions, from the emit to the last acknowledgement.

Owns `events.db`, what of it is in memory, and its retention. Delivering is each `Delivery`'s.
"""

import asyncio
import logging
import sqlite3
from bisect import bisect_right
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import anyio
import msgspec
from anyio.abc import TaskGroup

from host.clock import Clock
from host.errors import HostClosed, PlughostError
from host.routing.event_delivery import Delivery
from host.settings.events import EventSettings
from host.state import event_log
from host.state.database import Database
from host.state.event_log import KeptLetter, KeptSubscription, LoggedEvent
from host.timing import Timing
from protocol.messages.provides import Subscription

logger = logging.getLogger(__name__)

FILE: Final = "events.db"
RETIRE_EVERY_S: Final = 60.0
READ_AT_ONCE: Final = 256
MAX_TAIL: Final = 2_000
"""Latest events that are kept in memory for those who keep up."""

MAX_TAIL_BYTES: Final = 8 * 1024 * 1024
_RETIRED_AT_ONCE: Final = 1_000


class EventLogKeeper:
    """The log of one host."""

    def __init__(
        self,
        clock: Clock,
        settings: EventSettings,
        timing: Timing,
    ) -> None:
        self.deliveries: dict[tuple[str, str], Delivery] = {}
        self.seq = 0
        self.appended = 0
        self._clock = clock
        self._keep_s = settings.keep_days * 86_400.0
        self._keep_bytes = settings.keep_bytes
        self._pauses_s = timing.event_retries_s
        self._handle_s = timing.events_s
        self._database: Database | None = None
        self._retiring: anyio.CancelScope | None = None
        self._tail: list[LoggedEvent] = []
        self._tail_bytes = 0
        self._floor = 0
        """Every event behind this number is in the tail."""

    @property
    def database(self) -> Database:
        """The file, while the host runs."""
        if self._database is None:
            raise HostClosed("this host is not running")
        return self._database

    @property
    def runs(self) -> bool:
        """Whether the file is open."""
        return self._database is not None

    async def open(self, folder: Path, tasks: TaskGroup) -> None:
        """Open the file, and remember what is subscribed."""
        database = Database(folder / FILE, event_log.SCHEMA)
        await database.open()
        self._database = database
        self.seq = self._floor = await database.read(event_log.last_seq)
        self._tail, self._tail_bytes = [], 0
        self.deliveries = {
            (one.plugin, one.name): self._delivery(one)
            for one in await database.read(event_log.subscriptions)
        }
        self._retiring = anyio.CancelScope()
        tasks.start_soon(self._retire_again, self._retiring)

    async def aclose(self) -> None:
        """Write what is under way, and close."""
        if self._retiring is not None:
            self._retiring.cancel()
        for delivery in self.deliveries.values():
            delivery.stop()
        database, self._database = self._database, None
        if database is not None:
            await database.aclose()

    def append(self, event: LoggedEvent, then: Callable[[], None]) -> "asyncio.Future[None]":
        """Write an event; the future is done, and `then` called, when it is on the disk."""
        future = self.database.submit(lambda connection: event_log.append(connection, event))

        def settled(done: "asyncio.Future[None]") -> None:
            if done.cancelled() or done.exception() is not None:
                return
            self.appended += 1
            self._tail.append(event)
            self._tail_bytes += len(event.data)
            if len(self._tail) > MAX_TAIL or self._tail_bytes > MAX_TAIL_BYTES:
                self._shorten()
            then()

        future.add_done_callback(settled)
        return future

    # Subscriptions.

    def subscribe(self, plugin: str, one: Subscription, *, in_code: bool) -> Delivery:
        """Remember a subscription; a new one begins with what comes from now on."""
        where = msgspec.json.encode(one.where).decode()
        kept = KeptSubscription(
            plugin, one.name, msgspec.json.encode(one.topics).decode(), where, in_code, self.seq, 0
        )
        delivery = self.deliveries.get((plugin, one.name))
        if delivery is None:
            delivery = self.deliveries[plugin, one.name] = self._delivery(kept)
        else:
            if (delivery.topics, delivery.where, delivery.in_code) == (one.topics, where, in_code):
                return delivery
            delivery.change(one.topics, where, in_code)
        self._submit(lambda connection: event_log.subscribe(connection, kept))
        return delivery

    def forget(self, delivery: Delivery) -> None:
        """Forget a subscription, and what it has not handled."""
        delivery.stop()
        self.deliveries.pop((delivery.plugin, delivery.name), None)
        plugin, name = delivery.plugin, delivery.name
        self._submit(lambda connection: event_log.unsubscribe(connection, plugin, name))

    async def forget_plugin(self, plugin: str) -> int:
        """Forget all subscriptions of a plugin and its dead letters, on the disk too; return how many."""
        for delivery in self.of_plugin(plugin):
            delivery.stop()
            del self.deliveries[delivery.plugin, delivery.name]
        return await self.database.write(lambda connection: event_log.forget(connection, plugin))

    def of_plugin(self, plugin: str) -> list[Delivery]:
        """Return the durable subscriptions of a plugin."""
        return [one for one in self.deliveries.values() if one.plugin == plugin]

    # What a delivery asks; see `Journal`.

    async def after(self, seq: int) -> Sequence[LoggedEvent]:
        """Return some events behind a number, from memory if they are there."""
        if seq >= self._floor:
            start = bisect_right(self._tail, seq, key=lambda one: one.seq)
            return self._tail[start : start + READ_AT_ONCE]
        return await self.database.read(lambda connection: event_log.after(connection, seq, READ_AT_ONCE))

    async def move(self, delivery: Delivery, cursor: int) -> None:
        """Keep how far a subscription has come."""
        plugin, name = delivery.plugin, delivery.name
        await self.database.write(lambda connection: event_log.move(connection, plugin, name, cursor))

    async def bury(self, delivery: Delivery, event: LoggedEvent, error: str) -> None:
        """Keep an event as a dead letter."""
        plugin, name, now_s = delivery.plugin, delivery.name, self._clock.wall()
        await self.database.write(
            lambda connection: event_log.bury(connection, plugin, name, event, now_s, error)
        )

    async def next_again(self, delivery: Delivery) -> KeptLetter | None:
        """Return a dead letter that is to be tried again."""
        plugin, name = delivery.plugin, delivery.name
        return await self.database.read(lambda connection: event_log.next_again(connection, plugin, name))

    async def tried_again(self, letter: KeptLetter, error: str) -> None:
        """Drop a dead letter, or keep it where there is an error."""
        now_s = self._clock.wall()
        if error:
            await self.database.write(
                lambda connection: event_log.failed_again(connection, letter.id, now_s, error)
            )
        else:
            await self.database.write(lambda connection: event_log.drop_letter(connection, letter.id))

    # Retention.

    async def retire(self) -> int:
        """Delete what is too old, or too much; return how many events some subscription lost by it."""
        await self._drop_letters()
        before_s = self._clock.wall() - self._keep_s
        lost = 0
        while True:
            oldest = await self.database.read(
                lambda connection: event_log.after(connection, -1, _RETIRED_AT_ONCE)
            )
            too_much = await self._is_too_much()
            gone = [one for one in oldest if too_much or one.time_s < before_s]
            # Never around one that stays: the log has no holes.
            gone = gone[: next((i for i, one in enumerate(gone) if one is not oldest[i]), len(gone))]
            if not gone:
                return lost
            lost += await self._delete(gone)

    async def _is_too_much(self) -> bool:
        return await self.database.read(event_log.used_bytes) > self._keep_bytes

    async def _drop_letters(self) -> None:
        """Make room: what could not be handled goes before what was not handled yet."""
        dropped = 0
        while await self._is_too_much():
            count = await self.database.write(event_log.drop_oldest_letters)
            if not count:
                break
            dropped += count
        if dropped:
            logger.error("%d dead letters were deleted: the log holds as much as it may", dropped)

    async def _delete(self, gone: Sequence[LoggedEvent]) -> int:
        until = gone[-1].seq
        losses: list[tuple[Delivery, int]] = []
        for delivery in self.deliveries.values():
            missed = sum(one.seq > delivery.cursor and delivery.wants(one) for one in gone)
            if missed:
                losses.append((delivery, missed))

        def job(connection: sqlite3.Connection) -> None:
            event_log.delete_until(connection, until)
            for delivery, missed in losses:
                event_log.lose(connection, delivery.plugin, delivery.name, until, missed)

        await self.database.write(job)
        for delivery, missed in losses:
            delivery.lagged += missed
            delivery.go_to(max(until, delivery.cursor))
            logger.error(
                "%d events became too old before %s handled them; %d in all",
                missed,
                delivery.name,
                delivery.lagged,
                extra={"fields": {"plugin": delivery.plugin}},
            )
        return sum(missed for _, missed in losses)

    async def _retire_again(self, retiring: anyio.CancelScope) -> None:
        with retiring:
            while True:
                await anyio.sleep(RETIRE_EVERY_S)
                try:
                    await self.retire()
                except PlughostError as exc:
                    logger.warning("old events could not be deleted: %s", exc)

    def _delivery(self, kept: KeptSubscription) -> Delivery:
        return Delivery(kept, self, pauses_s=self._pauses_s, timeout_s=self._handle_s)

    def _shorten(self) -> None:
        half = len(self._tail) // 2 or 1
        self._floor = self._tail[half - 1].seq
        self._tail_bytes -= sum(len(one.data) for one in self._tail[:half])
        self._tail = self._tail[half:]

    def _submit(self, job: Callable[[sqlite3.Connection], None]) -> None:
        """Write without waiting; jobs keep their order, so what is awaited later comes after it."""
        self.database.submit(job).add_done_callback(_log_failure)


def _log_failure(done: "asyncio.Future[None]") -> None:
    if not done.cancelled() and (error := done.exception()) is not None:
        logger.error("a durable subscription could not be kept: %s", error)
