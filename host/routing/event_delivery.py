"""Event delivery: hands the events of one durable subscription to its plugin, in order.

Owns where the subscription stands, the tries of an event that fails, and what happens after the last one. It
outlives the plugin's sessions: a plugin that dies of an event has failed to handle it. One request is under
way at a time; the next goes out when what was handled is on the disk.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import anyio
import msgspec
from anyio.abc import TaskGroup

from host.errors import PlughostError
from host.facade import Joining
from host.ids import PluginId
from host.masking import known
from host.routing.event_text import event_text
from host.state.event_log import KeptLetter, KeptSubscription, LoggedEvent
from protocol import errors as wire
from protocol import jsonrpc
from protocol.errors import RpcError
from protocol.filters import Filter, compile_where
from protocol.messages.events import EventsHandled
from protocol.topics import matches

logger = logging.getLogger(__name__)

MAX_BATCH: Final = 64
MAX_BATCH_BYTES: Final = 4 * 1024 * 1024
NOT_READY_S: Final = 1.0
"""Pause after a plugin answered that it is not active, or the log could not be read or written."""

MAX_ERROR_CHARS: Final = 500

_handled = msgspec.json.Decoder(EventsHandled).decode
_patterns = msgspec.json.Decoder(list[str]).decode


class Journal(Protocol):
    """Where events are kept; see `EventLogKeeper`."""

    async def after(self, seq: int) -> Sequence[LoggedEvent]:
        """Return some events behind a number, in order; none if there are none."""
        ...

    async def move(self, delivery: "Delivery", cursor: int) -> None:
        """Keep how far a subscription has come."""
        ...

    async def bury(self, delivery: "Delivery", event: LoggedEvent, error: str) -> None:
        """Keep an event as a dead letter, and go on behind it."""
        ...

    async def next_again(self, delivery: "Delivery") -> KeptLetter | None:
        """Return a dead letter that is to be tried again."""
        ...

    async def tried_again(self, letter: KeptLetter, error: str) -> None:
        """Drop a dead letter, or keep it where there is an error."""
        ...


def _everything(topic: str) -> bool:
    return True


class Delivery:
    """One durable subscription."""

    def __init__(
        self, kept: KeptSubscription, journal: Journal, *, pauses_s: Sequence[float], timeout_s: float
    ) -> None:
        self.plugin = PluginId(kept.plugin)
        self.name = kept.name
        self.in_code = kept.in_code
        self.cursor = kept.cursor
        self.lagged = kept.lagged
        self.delivered = 0
        """Events that were handled, since the host runs."""
        self.buried = 0
        self.topics: tuple[str, ...] = tuple(_patterns(kept.topics))
        self.where: str = kept.filter
        self._passes: Filter | None = compile_where(msgspec.json.decode(kept.filter))
        self._journal = journal
        self._pauses_s = pauses_s
        self._timeout_s = timeout_s
        self._failing = 0
        self._tries = 0
        self._generation = 0
        self._news = anyio.Event()
        self._scope: anyio.CancelScope | None = None
        self._session: Joining | None = None
        self._may_hear: Callable[[str], bool] = _everything
        self.again = True
        """Whether there may be dead letters to be tried again."""

    @property
    def runs(self) -> bool:
        """Whether a plugin is there to deliver to."""
        return self._scope is not None

    def change(self, topics: Sequence[str], where: str, in_code: bool) -> None:
        """Take what a newer version of the plugin wants; where it stands stays."""
        self.topics = tuple(topics)
        self.where = where
        self.in_code = in_code
        self._passes = compile_where(msgspec.json.decode(where))

    def wake(self) -> None:
        """Tell that there may be something to deliver."""
        self._news.set()

    def go_to(self, cursor: int) -> None:
        """Go on from another place; what is under way does not move it any more."""
        self.cursor = cursor
        self._generation += 1
        self._failing = self._tries = 0
        self.wake()

    def stop(self) -> None:
        """Deliver nothing more to this session."""
        scope, self._scope = self._scope, None
        if scope is not None:
            scope.cancel()

    def begin(self, tasks: TaskGroup, session: Joining, may_hear: Callable[[str], bool]) -> None:
        """Deliver to a session until `stop`."""
        self.stop()
        self._session, self._may_hear = session, may_hear
        self._scope = scope = anyio.CancelScope()
        tasks.start_soon(self._run, scope)

    def serves(self, session: Joining) -> bool:
        """Tell whether it delivers to a session."""
        return self.runs and self._session is session

    def pass_on(self, session: Joining, may_hear: Callable[[str], bool]) -> None:
        """Deliver to another run from the next batch on; what is under way ends where it is."""
        self._session, self._may_hear = session, may_hear
        self.wake()

    async def _run(self, scope: anyio.CancelScope) -> None:
        with scope:
            while self._session is not None:
                self._news = anyio.Event()
                try:
                    worked = await self._step(self._session, self._may_hear)
                except PlughostError as exc:
                    logger.warning(
                        "events of %s could not be read or written: %s",
                        self.name,
                        exc,
                        extra={"fields": {"plugin": self.plugin}},
                    )
                    await anyio.sleep(NOT_READY_S)
                    continue
                if not worked:
                    await self._news.wait()

    async def _step(self, session: Joining, may_hear: Callable[[str], bool]) -> bool:
        """Deliver one batch; return whether there was anything to do."""
        if self.again:
            letter = await self._journal.next_again(self)
            if letter is not None:
                await self._try_again(session, letter)
                return True
            self.again = False
        generation = self._generation
        events = await self._journal.after(self.cursor)
        if not events:
            return False
        wanted = self._wanted(events, may_hear)
        if wanted:
            await self._deliver(session, wanted, events, generation)
        else:
            await self._move(events[-1].seq, generation)
        return True

    def _wanted(self, events: Sequence[LoggedEvent], may_hear: Callable[[str], bool]) -> list[LoggedEvent]:
        wanted: list[LoggedEvent] = []
        size = 0
        for event in events:
            if not self.wants(event) or not may_hear(event.topic):
                continue
            size += len(event.data)
            if wanted and size > MAX_BATCH_BYTES:
                break
            wanted.append(event)
            # An event that failed goes alone, so that it is plain which one it is.
            if len(wanted) == MAX_BATCH or self._tries:
                break
        return wanted

    def wants(self, event: LoggedEvent) -> bool:
        """Tell whether it is subscribed to an event."""
        if not any(matches(pattern, event.topic) for pattern in self.topics):
            return False
        return self._passes is None or self._passes(msgspec.json.decode(event.data))

    async def _deliver(
        self,
        session: Joining,
        wanted: Sequence[LoggedEvent],
        events: Sequence[LoggedEvent],
        generation: int,
    ) -> None:
        handled, error = await self._ask(session, wanted)
        count = sum(event.seq <= handled for event in wanted)
        self.delivered += count
        if count == len(wanted):
            self._tries = 0
            # Everything behind the last one that this subscription does not want is done too.
            rest = next((one.seq for one in events if one.seq > handled and self.wants(one)), None)
            await self._move(events[-1].seq if rest is None else handled, generation)
            return
        if count:
            self._tries = 0
            await self._move(handled, generation)
        if error is not None and generation == self._generation:
            await self._failed(wanted[count], error)

    async def _ask(self, session: Joining, events: Sequence[LoggedEvent]) -> tuple[int, str | None]:
        """Send a batch; return the number of the last event that was handled, and why the next was not."""
        texts = b",".join([event_text(one.topic, one.data, one.seq, one.time_s) for one in events])
        params = b'{"subscription":%b,"events":[%b]}' % (jsonrpc.encode(self.name), texts)
        try:
            raw = await session.peer.outgoing.request(
                "plugin.events", params, timeout_s=self._timeout_s, bounded=False
            )
            answer = _handled(raw)
        except RpcError as exc:
            if exc.code == wire.NOT_ACTIVE:
                await anyio.sleep(NOT_READY_S)
                return 0, None
            return 0, known.beginning(exc.message, MAX_ERROR_CHARS)
        except PlughostError as exc:
            return 0, exc.message
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
            return 0, f"its answer can't be read: {exc}"
        if answer.handled not in (0, *(one.seq for one in events)):
            return 0, f"it answered with {answer.handled}, which is no event of the batch"
        if answer.error is None and answer.handled != events[-1].seq:
            return answer.handled, "it stopped in the middle of the batch, and did not say why"
        return answer.handled, answer.error and known.beginning(answer.error, MAX_ERROR_CHARS)

    async def _failed(self, event: LoggedEvent, error: str) -> None:
        """Count a try of an event; after the last one it is a dead letter."""
        if self._failing != event.seq:
            self._failing, self._tries = event.seq, 0
        if self._tries >= len(self._pauses_s):
            self._tries = 0
            self.buried += 1
            generation = self._generation
            await self._journal.bury(self, event, error[:MAX_ERROR_CHARS])
            if generation == self._generation:
                self.cursor = event.seq
            logger.error(
                "event %d of %s is a dead letter of %s: %.200s",
                event.seq,
                event.topic,
                self.name,
                error,
                extra={"fields": {"plugin": self.plugin}},
            )
            return
        pause_s = self._pauses_s[self._tries]
        self._tries += 1
        logger.warning(
            "event %d of %s was not handled by %s, next try in %g s: %.200s",
            event.seq,
            event.topic,
            self.name,
            pause_s,
            error,
            extra={"fields": {"plugin": self.plugin}},
        )
        await anyio.sleep(pause_s)

    async def _try_again(self, session: Joining, letter: KeptLetter) -> None:
        event = LoggedEvent(letter.seq, letter.topic, letter.data, letter.time_s)
        handled, error = await self._ask(session, [event])
        if handled != event.seq and error is None:
            return  # the plugin is not active
        await self._journal.tried_again(
            letter, "" if handled == event.seq else (error or "")[:MAX_ERROR_CHARS]
        )

    async def _move(self, cursor: int, generation: int) -> None:
        if generation == self._generation:
            self.cursor = cursor
            await self._journal.move(self, cursor)
