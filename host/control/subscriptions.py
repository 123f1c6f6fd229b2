"""What a client follows: boards, tails and streams, pumped to it no faster than it takes them.

A board's next frame is computed once the client has the last one, so a slow client gets fewer of them that
hold more. A tail drops and counts by itself while nobody takes its lines. A stream waits for credit.
"""

import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any, Final

import anyio
import msgspec
from anyio.abc import TaskGroup

from host.control import wire
from host.control.connection import Connection
from host.control.error_mapping import to_wire
from host.control.wire import BatchParams, EndParams, FrameParams, ItemParams, encode, notification
from host.errors import ContributionNotFound, FrameTooLarge, InvalidParams, Overloaded
from host.facade.board import Differ
from host.facade.facade import Facade
from host.facade.tails import TailQuery
from protocol.credit import STREAM_CREDIT, ProducerWindow
from protocol.errors import ErrorObject

MAX_SUBSCRIPTIONS: Final = 64
"""Of one client."""

BATCH_EVERY_S: Final = 0.05
"""Least time from one batch of a tail to the next: each costs both ends as much as a dozen lines."""

FULL_BATCH_LINES: Final = 1_000
"""With so many the next batch is not put off: much is waiting, and it waits in a bounded place."""

BATCH_BYTES: Final = 1024 * 1024
"""Lines of a tail that are sent at once; the rest waits until the client has them."""

MAX_LINE_BYTES: Final = wire.MAX_FRAME_BYTES - 1024
MAX_CREDIT: Final = 1_024


class Subscription:
    """One of them."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.scope = anyio.CancelScope()
        self.opened = anyio.Event()
        self.fault: Exception | None = None
        """Why it could not be opened."""
        self.told = anyio.Event()
        """Set once the client has been told its number, which nothing may precede."""
        self.window: ProducerWindow | None = None
        self.credit = anyio.Event()
        self.dropped = 0


_Pump = Callable[[Subscription], Awaitable[None]]


class Subscriptions:
    """Those of one client."""

    def __init__(self, connection: Connection, tasks: TaskGroup) -> None:
        self._connection = connection
        self._tasks = tasks
        self._open: dict[int, Subscription] = {}
        self._last = 0
        self._dropped_before = 0

    def __len__(self) -> int:
        return len(self._open)

    @property
    def dropped(self) -> int:
        """Lines that the client was too slow for."""
        return self._dropped_before + sum(one.dropped for one in self._open.values())

    async def watch(self, facade: Facade, topics: Sequence[str], hz: float) -> Subscription:
        """Open a board."""

        async def pump(one: Subscription) -> None:
            async with facade.watch(topics, hz=hz) as board:
                await self._opened(one)
                differ, epoch = Differ(board.epoch), board.epoch
                while True:
                    if board.epoch != epoch:
                        differ, epoch = Differ(board.epoch), board.epoch
                    frame = differ.frame(board.picture, board.at_s)
                    if frame is not None:
                        self._send(wire.FRAME, FrameParams(one.number, msgspec.Raw(_bounded(frame))))
                        await self._connection.drained()
                    await board.moved()

        return await self._start(pump)

    async def tail(self, facade: Facade, wanted: TailQuery) -> Subscription:
        """Open a tail."""

        async def pump(one: Subscription) -> None:
            async with facade.tail(wanted) as tail:
                await self._opened(one)
                async for batch in tail:
                    await self._send_lines(one, batch.lines, batch.dropped)
                    if len(batch.lines) < FULL_BATCH_LINES:
                        # What comes meanwhile is sent together; after a pause a line goes out at once.
                        await anyio.sleep(BATCH_EVERY_S)

        return await self._start(pump)

    async def stream(self, items: AsyncGenerator[Any, None], credit: int | None) -> Subscription:
        """Open a stream; an error of its opening comes as its end."""
        if credit is not None and not 0 < credit <= MAX_CREDIT:
            raise InvalidParams(f"credit: found {credit}; allowed: 1 to {MAX_CREDIT}")
        window = ProducerWindow(credit or STREAM_CREDIT)

        async def pump(one: Subscription) -> None:
            one.window = window
            async with contextlib.aclosing(items):
                await self._opened(one)
                async for item in items:
                    while not window.open:
                        one.credit = anyio.Event()
                        await one.credit.wait()
                    text = _bounded(item)
                    window.sent(len(text))
                    self._send(wire.ITEM, ItemParams(one.number, msgspec.Raw(text)))
                    await self._connection.drained()

        return await self._start(pump)

    def acknowledge(self, number: int, items: int) -> None:
        """Give a stream credit back."""
        one = self._find(number)
        if one.window is None or not one.window.acknowledge(items):
            raise InvalidParams(f"n: found {items}; that many items are not outstanding")
        one.credit.set()

    def close(self, number: int) -> None:
        """End one. Raises ContributionNotFound where there is none."""
        self._find(number).scope.cancel()

    def close_all(self) -> None:
        """End all of them."""
        for one in self._open.values():
            one.scope.cancel()

    def _find(self, number: int) -> Subscription:
        try:
            return self._open[number]
        except KeyError:
            raise ContributionNotFound("subscription", str(number)) from None

    async def _start(self, pump: _Pump) -> Subscription:
        if len(self._open) >= MAX_SUBSCRIPTIONS:
            raise Overloaded(
                f"this client has {MAX_SUBSCRIPTIONS} subscriptions", remedy="end some of them first"
            )
        self._last += 1
        one = self._open[self._last] = Subscription(self._last)
        self._tasks.start_soon(self._run, one, pump)
        try:
            await one.opened.wait()
        except BaseException:
            one.scope.cancel()
            raise
        if one.fault is not None:
            raise one.fault
        return one

    async def _opened(self, one: Subscription) -> None:
        one.opened.set()
        await one.told.wait()

    async def _run(self, one: Subscription, pump: _Pump) -> None:
        error: ErrorObject | None = None
        try:
            with one.scope:
                await pump(one)
        except Exception as exc:  # noqa: BLE001 - the border of a subscription
            if one.opened.is_set():
                error = to_wire(exc, "the subscription")
            else:
                one.fault = exc
        finally:
            self._dropped_before += one.dropped
            del self._open[one.number]
            if one.opened.is_set():
                self._send(wire.END, EndParams(one.number, error))
            one.opened.set()

    async def _send_lines(self, one: Subscription, lines: Sequence[Any], dropped: int) -> None:
        texts: list[msgspec.Raw] = []
        size = 0
        for line in lines:
            text = encode(line)
            if len(text) > MAX_LINE_BYTES:
                dropped += 1
                continue
            if texts and size + len(text) > BATCH_BYTES:
                self._send(wire.BATCH, BatchParams(one.number, texts, dropped))
                one.dropped += dropped
                await self._connection.drained()
                texts, size, dropped = [], 0, 0
            texts.append(msgspec.Raw(text))
            size += len(text)
        one.dropped += dropped
        if texts or dropped:
            self._send(wire.BATCH, BatchParams(one.number, texts, dropped))
            await self._connection.drained()

    def _send(self, method: str, params: msgspec.Struct) -> None:
        self._connection.write(notification(method, params))


def _bounded(value: Any) -> bytes:
    text = encode(value)
    if len(text) > MAX_LINE_BYTES:
        raise FrameTooLarge(
            f"it has {len(text)} bytes; a line may have {wire.MAX_FRAME_BYTES}", remedy="follow less at once"
        )
    return text
