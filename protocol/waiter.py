"""One request of this side from before its line is written until it is settled.

`protocol.outgoing` keeps them by id and its timer looks at their deadlines. A waiter is what the caller's
task awaits: it meets asyncio's protocol for that (`_asyncio_future_blocking`, `add_done_callback`, `cancel`),
but the task goes on in the very callback that read the answer, where a `Future` would cost another turn of
the loop. While a task is at work already, the waiting one goes on in the loop's next turn, as usual.
"""

import asyncio
from collections.abc import Callable, Generator
from contextvars import Context
from typing import Any, Protocol

import msgspec

from protocol.errors import DEADLINE_EXCEEDED, RpcError
from protocol.jsonrpc import Message
from protocol.messages.meta import Progress
from protocol.polling import Polling
from protocol.stream_reader import StreamReader, answered_error

_Wake = Callable[["Waiter"], object]


class DeadlinePassed(RpcError):
    """This side's own deadline passed; the other side was told to stop."""

    def __init__(self, method: str, after_s: float) -> None:
        super().__init__(DEADLINE_EXCEEDED, f"{method} did not answer within {after_s:.3g} s")


class Owner(Protocol):
    """What a waiter asks of the side that made the request."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that it runs on."""
        ...

    @property
    def polling(self) -> Polling:
        """The rules of polling, which may owe the loop a rest."""
        ...

    def abandon(self, waiter: "Waiter") -> None:
        """Forget the request, and cancel it."""
        ...

    def acknowledge(self, waiter: "Waiter", items: int) -> None:
        """Send `$/credit`."""
        ...


class Waiter(msgspec.Struct, eq=False):
    """Who waits, for what, and until when (times on the loop's clock). Awaited once, for the answer."""

    owner: Owner
    method: str
    started: float
    hard: float
    deadline: float
    """The earlier of `hard` and the end of `idle_s`; kept by `touch`."""
    idle_s: float | None = None
    on_progress: Callable[[Progress], None] | None = None
    bounded: bool = True
    """Whether it takes one of the places."""
    id: int = 0
    """0 before it is written."""
    stream: StreamReader | None = None
    trail: object = None
    """What its maker wants to find again by the request's id; see `Outgoing.find`."""
    unsent: tuple[bytes, bytes] = (b"", b"")
    """Parameters and meta, while it waits for a place."""
    sent: asyncio.Future[None] | None = None
    """Tells whoever waits for it to be sent, or that it never will be."""
    _outcome: Message | BaseException | None = None
    _wake: _Wake | None = None
    _context: Context | None = None
    _asyncio_future_blocking: bool = False

    def __await__(self) -> Generator[Any, Any, msgspec.Raw]:
        try:
            if self._outcome is None:
                self._asyncio_future_blocking = True
                yield self
            elif self.owner.polling.owes_rest:
                yield from self.owner.polling.rest().__await__()
        except BaseException:
            self.owner.abandon(self)
            raise
        message = self._outcome
        if type(message) is Message:
            raw = message.result
            if type(raw) is msgspec.Raw:
                return raw
            raise answered_error(message)
        self.result()
        raise AssertionError("unreachable")

    async def until_sent(self) -> None:
        """Wait until it has its id: while all places are taken, it waits for one.

        Raises:
            RpcError: It never will be: its deadline passed, or it is too long.
        """
        if not self.id:
            self.sent = self.owner.loop.create_future()
            try:
                await self.sent
            except BaseException:
                self.owner.abandon(self)
                raise

    # What the reader of its stream asks.

    def acknowledge(self, items: int) -> None:
        """Let the producer send so many items more."""
        self.owner.acknowledge(self, items)

    def abandon(self) -> None:
        """Give the request up; nothing happens if it is answered."""
        self.owner.abandon(self)

    # What the one who settles it asks.

    def settle(self, message: Message, at_once: bool) -> None:
        """Take the answer; with `at_once` the task goes on before this returns: no other may be at work."""
        if self._outcome is not None:
            return
        self._outcome = message
        wake = self._wake
        if wake is not None:
            if at_once and self._context is not None:
                self._context.run(wake, self)
            else:
                self.owner.loop.call_soon(wake, self, context=self._context)
        elif self.stream is not None:
            self.stream.wake()

    def was_sent(self) -> None:
        """Tell who waits for it that it has its id now."""
        if self.sent is not None and not self.sent.done():
            self.sent.set_result(None)

    def fail(self, error: BaseException) -> None:
        """Give up, unless it was answered in the same turn."""
        if self._outcome is not None:
            return
        self._outcome = error
        if self.sent is not None and not self.sent.done():
            self.sent.set_exception(error)
        if self._wake is not None:
            self.owner.loop.call_soon(self._wake, self, context=self._context)
        elif self.stream is not None:
            self.stream.wake()

    def touch(self, now: float) -> None:
        """Start the idle deadline again, if there is one; the hard one stays."""
        self.deadline = self.hard if self.idle_s is None else min(now + self.idle_s, self.hard)

    def expired(self, now: float) -> bool:
        """Tell whether a deadline passed. While a stream's reader is behind, its producer is not idle."""
        if self.deadline <= now < self.hard and self.stream is not None and self.stream.behind:
            self.touch(now)
        return self.deadline <= now

    def deadline_passed(self) -> DeadlinePassed:
        """Return the error, with the limit that was passed: the idle one or the hard one."""
        if self.idle_s is not None and self.deadline < self.hard:
            return DeadlinePassed(self.method, self.idle_s)
        return DeadlinePassed(self.method, self.hard - self.started)

    # What asyncio asks.

    def done(self) -> bool:
        """Whether there is an outcome."""
        return self._outcome is not None

    def result(self) -> Message:
        """Return the answer, which may be an error, or raise what came instead of it."""
        outcome = self._outcome
        if type(outcome) is Message:
            return outcome
        assert isinstance(outcome, BaseException)
        raise outcome

    def add_done_callback(self, wake: _Wake, *, context: Context | None = None) -> None:
        """Note how to wake the task that awaits this, and in which context; soon, if there is an outcome."""
        assert self._wake is None, "a waiter has one task"
        if self._outcome is not None:
            # A handler's first step ended in this wait, and the answer came before its task took over.
            self.owner.loop.call_soon(wake, self, context=context)
            return
        self._wake = wake
        self._context = context

    def cancel(self, msg: object = None) -> bool:
        """Wake the task with a cancellation; False if there is an outcome already."""
        if self._outcome is not None:
            return False
        self.fail(asyncio.CancelledError() if msg is None else asyncio.CancelledError(msg))
        return True

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop that it belongs to."""
        return self.owner.loop
