"""One connection of the control socket, from its first line to its end: what it asks for, how much at once.

Owns the requests that are worked on, their bound, and how each of them ends: by itself, because the client
cancels it, or because the connection or the host goes. What a request means is in `method_table`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import anyio
import msgspec
from anyio.abc import TaskGroup

from host.control import wire
from host.control.answers import Answer
from host.control.attached import Attached
from host.control.connection import Connection
from host.control.error_mapping import to_wire
from host.control.subscriptions import Subscription
from host.control.wire import MAX_FRAME_BYTES, MAX_IN_FLIGHT
from host.errors import Cancelled, FrameTooLarge, HostClosed, ProtocolFault

if TYPE_CHECKING:
    from host.control.dispatch import Asked, Dispatcher, RequestId

HELLO_S: Final = 10.0
"""How long a client may take to say hello."""

END_S: Final = 5.0
"""How long what a connection had under way may take to end, once it was cancelled."""

FLUSH_S: Final = 1.0
"""How long a client may take to read its last answers."""

MAX_STEERING: Final = 1_024
"""Requests that steer others and are worked on at a time."""

MAX_UNREADABLE: Final = 100
"""Lines that are no request, after which a connection is ended: who sends them is no client.

Each costs an answer on the loop; one read may hold 100,000 of them.
"""

_STEERING: Final = frozenset({wire.HELLO, wire.CANCEL, wire.UNSUBSCRIBE, wire.CREDIT})
"""Methods that are served while `MAX_IN_FLIGHT` others are under way: they take no time, and end some."""


@dataclass(eq=False, slots=True)
class Running:
    """A request that is worked on."""

    request_id: "RequestId"
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    answer: Answer | None = None
    """What it waits for, if that goes on without it."""
    asked_to_stop: bool = False


class Line:
    """What one line asked for: a request, or a batch of them."""

    def __init__(self, session: "Session") -> None:
        self.session = session
        self.answered = False
        self.opened: list[Subscription] = []
        """What is to begin once its number has been sent."""
        # Requests are cancelled one by one, inside; nothing may tear what answers them from outside.
        self.scope = anyio.CancelScope(shield=True)


class Session:
    """One connection."""

    def __init__(self, dispatcher: "Dispatcher", *, stall_s: float) -> None:
        self._dispatcher = dispatcher
        self._running: set[Running] = set()
        self._lines: set[Line] = set()
        self._in_flight = 0
        self._steering = 0
        self._unreadable = 0
        self._ending = False
        self._tasks: TaskGroup | None = None
        self._client: Attached | None = None
        self.connection = Connection(self._took, self._too_long, stall_s=stall_s)

    @property
    def client(self) -> Attached:
        """Who is at the other end. Raises HostClosed where it is not served yet."""
        if self._client is None:
            raise HostClosed("the connection is not served yet", remedy="attach again")
        return self._client

    async def run(self, attach: Callable[[Connection, TaskGroup], Attached]) -> None:
        """Serve it until the client leaves or this is cancelled; then what it had under way is ended."""
        connection = self.connection
        timer = asyncio.get_running_loop().call_later(HELLO_S, self._lose_patience)
        try:
            async with anyio.create_task_group() as tasks:
                self._tasks = tasks
                client = self._client = attach(connection, tasks)
                try:
                    connection.start()
                    await connection.said_all.wait()
                    client.follows.close_all()
                    if self._lines:
                        # It said its last and still listens: what it asked for is answered.
                        await connection.closed.wait()
                finally:
                    self._end()
        finally:
            timer.cancel()
            connection.close()
            with anyio.move_on_after(FLUSH_S, shield=True):
                await connection.closed.wait()
            connection.abort("it did not read its last answers")

    async def serve(
        self, name: str, request_id: "RequestId", work: Callable[[Running], Awaitable[msgspec.Raw]]
    ) -> msgspec.Raw:
        """Serve one request. Raises whatever its answer is to say."""
        if self._ending:
            raise _closing(name, "it was not begun")
        running = Running(request_id)
        self._running.add(running)
        try:
            with running.scope:
                return await work(running)
        finally:
            self._running.discard(running)
        if running.asked_to_stop:
            raise Cancelled(f"{name} was cancelled, as the client asked")
        raise _closing(name, "it is not known how much of it was done")

    def cancel(self, request_id: "RequestId") -> bool:
        """Cancel a request; return whether it was worked on."""
        found = [one for one in self._running if one.request_id == request_id]
        for one in found:
            one.asked_to_stop = True
            (one.scope if one.answer is None else one.answer.scope).cancel()
        return bool(found)

    def _took(self, text: bytes) -> None:
        """Take a line in, in the callback that read it."""
        asked = self._dispatcher.read(text)
        if isinstance(asked, bytes):
            self.connection.write(asked)
            self._unreadable += 1
            if self._unreadable == MAX_UNREADABLE:
                self._end_unreadable()
            return
        steers = not isinstance(asked.document, list) and asked.document["method"] in _STEERING
        under_way, most = (self._steering, MAX_STEERING) if steers else (self._in_flight, MAX_IN_FLIGHT)
        if self._tasks is None or self._ending or under_way + asked.count > most:
            if refusal := self._dispatcher.overloaded(asked, most):
                self.connection.write(refusal)
            return
        self._count(asked.count, steers)
        self._tasks.start_soon(self._answer, asked, steers)

    async def _answer(self, asked: "Asked", steers: bool) -> None:
        line = Line(self)
        self._lines.add(line)
        try:
            with line.scope:
                answer = await self._dispatcher.answer(asked, line)
                if answer is not None:
                    self.connection.write(answer)
                line.answered = True
                if not self._ending:
                    # Until the client has it, it counts: who does not read is worked for no more.
                    await self.connection.drained()
        finally:
            for one in line.opened:
                one.told.set()
            self._count(-asked.count, steers)
            self._lines.discard(line)
            if self.connection.said_all.is_set() and not self._lines:
                self.connection.close()

    def _count(self, requests: int, steers: bool) -> None:
        if steers:
            self._steering += requests
        else:
            self._in_flight += requests

    def _end(self) -> None:
        self._ending = True
        for running in self._running:
            running.scope.cancel()
        if self._client is not None:
            self._client.follows.close_all()
        for line in self._lines:
            line.scope.deadline = anyio.current_time() + (0.0 if line.answered else END_S)

    def _too_long(self) -> None:
        large = FrameTooLarge(f"a line is longer than {MAX_FRAME_BYTES} bytes; it was read past")
        self.connection.write(self._dispatcher.error_line(None, to_wire(large, "the request")))

    def _end_unreadable(self) -> None:
        refused = ProtocolFault(
            f"{MAX_UNREADABLE} lines of this connection were no JSON-RPC 2.0 request; it is ended",
            remedy="send one request to a line, as docs/control.md shows, and attach again",
        )
        self.connection.write(self._dispatcher.error_line(None, to_wire(refused, "the connection")))
        self.connection.close()

    def _lose_patience(self) -> None:
        if self._client is None or not self._client.name:
            self.connection.abort(f"it did not say hello within {HELLO_S:g} s")


def _closing(name: str, known: str) -> HostClosed:
    return HostClosed(
        f"the connection or the host ended while {name} was under way; {known}",
        remedy="attach again once the host runs, and look before you repeat it",
    )
