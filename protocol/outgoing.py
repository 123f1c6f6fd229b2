"""Requests that this side made: correlation, deadlines, admission, cancelling, streams it reads.

Owns every waiter from before its line is written until it is settled. The peer hands it the answers;
`settle` runs in the read callback, so nothing stands between an answer's bytes and the waiting task.
"""

import asyncio
from collections.abc import Callable
from time import monotonic

import msgspec

from protocol import jsonrpc
from protocol.admission import MAX_BUFFERED_BYTES, MAX_IN_FLIGHT, MAX_WAITING, Admission
from protocol.credit import STREAM_CREDIT
from protocol.deadlines import Deadlines
from protocol.errors import FRAME_TOO_LARGE, STREAM_OVERRUN, RpcError
from protocol.framing import MAX_FRAME_BYTES
from protocol.messages.meta import Progress, StreamItem
from protocol.pipe import Pipe
from protocol.polling import Method, Methods, Polling
from protocol.stream_reader import StreamReader
from protocol.tombstones import Tombstones
from protocol.waiter import Waiter

CANCEL = jsonrpc.method_name("$/cancel")
CREDIT = jsonrpc.method_name("$/credit")
_PING = "plugin.ping"
_EMPTY_CHARS = len("{}")
_BRACE = ord("{")


class Outgoing:
    """All requests of this side that are under way."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        pipe: Pipe,
        on_fault: Callable[[str, str], None],
        poll: Callable[[float], bool],
        polling: Polling,
        *,
        max_in_flight: int = MAX_IN_FLIGHT,
        max_waiting: int = MAX_WAITING,
        max_buffered_bytes: int = MAX_BUFFERED_BYTES,
        max_frame_bytes: int = MAX_FRAME_BYTES,
    ) -> None:
        """`poll(seconds)` takes what comes meanwhile, awake, and tells whether to go on."""
        self.loop = loop
        # What asyncio's own loops do, without a step in between; others may keep another time.
        self._time = monotonic if type(loop).time is asyncio.BaseEventLoop.time else loop.time
        self._poll = poll
        self.polling = polling
        self._pipe = pipe
        self._on_fault = on_fault
        self._max_buffered = max_buffered_bytes
        self._max_frame = max_frame_bytes
        self._places = Admission(max_in_flight, max_waiting)
        self._pending: dict[object, Waiter] = {}
        self._tombstones = Tombstones()
        self._methods = Methods()
        self._next_id = 1
        self._deadlines = Deadlines(loop, self.waiters, self._fail)
        self._closed: Callable[[], Exception] | None = None
        self.sends_meta = False
        """Whether the other side announced `capabilities.meta`."""
        self.life_signs = 0
        """Answers, progress and stream items so far: proof that the other side's loop turns."""
        self.last_method = ""
        """Method of the latest request that was no ping: whoever asks wants to know what was worked on."""
        self.at_once = True
        """Whether an answer lets its task go on while it is taken; not while another task is at work."""
        self.many = False
        """Whether several messages are being handled; what is read meanwhile would overtake them."""

    @property
    def in_flight(self) -> int:
        """Requests that are written and not answered."""
        return len(self._pending)

    @property
    def late(self) -> int:
        """Answers that came after their deadline."""
        return self._tombstones.visited

    def unanswered(self) -> list[str]:
        """Return the methods under way, oldest first."""
        return [waiter.method for waiter in self._pending.values()]

    def find(self, request_id: int | str) -> Waiter | None:
        """Return the request under way that has this id."""
        return self._pending.get(request_id) if isinstance(request_id, int) else None

    def waiters(self) -> list[Waiter]:
        """Return who waits, for an answer or for a place."""
        return [*self._pending.values(), *self._places.queue]

    async def request(
        self,
        method: str,
        params: bytes,
        *,
        timeout_s: float,
        idle_s: float | None = None,
        meta: bytes = b"",
        on_progress: Callable[[Progress], None] | None = None,
        bounded: bool = True,
    ) -> msgspec.Raw:
        """Ask and wait for the answer, which stays raw.

        `timeout_s` bounds it all; `idle_s` bounds the time between signs of progress. `meta` is further
        `_meta` members as JSON text, each with a leading comma. Pings and the like are not `bounded`.

        Raises:
            RpcError: The answer is one; or, from here, `deadline_exceeded`, `overloaded`, `frame_too_large`.
        """
        return await self.begin(
            method, params, timeout_s, idle_s=idle_s, meta=meta, on_progress=on_progress, bounded=bounded
        )

    def begin(
        self,
        method: str,
        params: bytes,
        timeout_s: float,
        # The rest by name, please. A star here would say so, and cost each call a look-up for each of them.
        idle_s: float | None = None,
        meta: bytes = b"",
        on_progress: Callable[[Progress], None] | None = None,
        bounded: bool = True,
        streams: bool = False,
        trail: object = None,
    ) -> Waiter:
        """Ask, now or as soon as there are a place and room; return what is to be awaited. See `request`."""
        if self._closed is not None:
            raise self._closed()
        started = self._time()
        hard = started + timeout_s
        deadline = hard if idle_s is None else min(started + idle_s, hard)
        waiter = Waiter(self, method, started, hard, deadline, idle_s, on_progress, bounded)
        if trail is not None:
            waiter.trail = trail
        if streams:  # before it is sent: items may come before anybody runs again
            waiter.stream = StreamReader(waiter)
        places = self._places
        if not bounded:
            self._send(waiter, params, meta, timeout_s)
        elif places.free and not places.queue and self._pipe.buffered <= self._max_buffered:
            known = self._send(waiter, params, meta, timeout_s)
            places.free -= 1
            if self.polling.enabled and not streams:
                self.polling.wait(known, self._poll, waiter.done, alone=not self.many)
        else:
            places.enqueue(waiter)
            waiter.unsent = params, meta
            self._deadlines.watch(waiter)
            self._pipe.on_room = self._pump
        return waiter

    async def open_stream(
        self,
        method: str,
        params: bytes,
        *,
        timeout_s: float,
        idle_s: float,
        meta: bytes = b"",
        trail: object = None,
    ) -> StreamReader:
        """Open a stream; whoever gets the reader closes it.

        Raises:
            RpcError: `overloaded`, `frame_too_large`, or `deadline_exceeded` before it could be opened.
        """
        meta = b',"stream":{"credit":%d}%b' % (STREAM_CREDIT, meta)
        waiter = self.begin(method, params, timeout_s, idle_s=idle_s, meta=meta, streams=True, trail=trail)
        assert waiter.stream is not None
        await waiter.until_sent()
        return waiter.stream

    def settle(self, message: jsonrpc.Message) -> None:
        """Take an answer."""
        self.life_signs += 1
        waiter = self._pending.pop(message.id, None)
        if waiter is None:
            fault = self._tombstones.visit(message.id, self._next_id)
            if fault is not None:
                self._on_fault(*fault)
        else:
            self.polling.in_flight -= 1
            if waiter.bounded:
                places = self._places
                places.free += 1
                if places.queue:
                    self._pump()
            waiter.settle(message, self.at_once)

    def progress(self, progress: Progress) -> None:
        """Take a `$/progress`: the idle deadline starts again."""
        waiter = self._pending.get(progress.id)
        if waiter is not None:
            self.life_signs += 1
            waiter.touch(self.loop.time())
            if waiter.on_progress is not None:
                waiter.on_progress(progress)

    def stream_item(self, item: StreamItem) -> None:
        """Take a `$/stream`."""
        waiter = self._pending.get(item.id)
        if waiter is None or waiter.stream is None:
            if item.id not in self._tombstones:
                self._on_fault("forged_id", f"a stream item names {item.id!r}, which is no open stream")
            return
        self.life_signs += 1
        if not waiter.stream.take(item):
            self._on_fault("stream_overrun", f"{waiter.method} sent an item out of order or without credit")
            error = RpcError(STREAM_OVERRUN, f"{waiter.method} broke the stream's order or credit")
            self._fail(waiter, error)
            return
        waiter.touch(self.loop.time())

    def acknowledge(self, waiter: Waiter, items: int) -> None:
        """Send `$/credit`."""
        if waiter.id in self._pending:
            waiter.touch(self.loop.time())  # a producer without credit was not idle, it was held up
            self._pipe.write(jsonrpc.build_notification(CREDIT, b'{"id":%d,"n":%d}' % (waiter.id, items)))

    def close(self, error: Callable[[], Exception]) -> None:
        """Fail all waiters, each with an error of its own, and every later request."""
        self._closed = error
        self._deadlines.close()
        for waiter in self.waiters():
            waiter.fail(error())
        self.polling.in_flight -= len(self._pending)
        self._places.free += sum(waiter.bounded for waiter in self._pending.values())
        self._pending.clear()
        self._places.queue.clear()

    def stretch(self, seconds: float) -> None:
        """Put every deadline off: the host kept the plugin from running for that long."""
        self._deadlines.stretch(seconds)

    def _send(self, waiter: Waiter, params: bytes, meta: bytes, left_s: float) -> Method:
        request_id = waiter.id = self._next_id
        method = waiter.method
        known = self._methods[method]
        if left_s == known.left_s and not meta and len(params) > _EMPTY_CHARS and params[0] == _BRACE:
            line = known.form % (request_id, params[:-1])
        elif self.sends_meta and params[:1] != b"[":
            line = known.line(request_id, params, meta, left_s)
        else:
            line = jsonrpc.build_request(request_id, known.name, params)
        if len(line) > self._max_frame:
            message = f"the call of {method} has {len(line)} bytes; a frame may have {self._max_frame}"
            raise RpcError(FRAME_TOO_LARGE, message)
        self._next_id = request_id + 1
        pending = self._pending
        lone = not pending
        pending[request_id] = waiter
        self.polling.in_flight += 1
        self._pipe.write(line, lone)
        # What the other side's work need not wait for comes behind the write.
        if method != _PING:
            self.last_method = method
        if waiter.deadline < self._deadlines.armed_for:
            self._deadlines.arm(waiter.deadline)
        return known

    def _pump(self) -> None:
        """Ask what was put off, as far as places and room allow."""
        places = self._places
        while places.queue and places.free and self._pipe.buffered <= self._max_buffered:
            waiter = places.queue.popleft()
            (params, meta), waiter.unsent = waiter.unsent, (b"", b"")
            try:
                self._send(waiter, params, meta, waiter.hard - self._time())
            except RpcError as exc:
                waiter.fail(exc)
            else:
                places.free -= 1
                waiter.was_sent()
        if not places.queue:
            self._pipe.on_room = None

    def abandon(self, waiter: Waiter) -> None:
        """Forget a request that is not answered yet, and cancel it."""
        if not waiter.id:
            self._places.forget(waiter)
        elif self._pending.pop(waiter.id, None) is not None:
            self.polling.in_flight -= 1
            self._tombstones.add(waiter.id)
            self._pipe.write(jsonrpc.build_notification(CANCEL, b'{"id":%d}' % waiter.id))
            if waiter.bounded:
                self._places.free += 1
                self._pump()

    def _fail(self, waiter: Waiter, error: RpcError) -> None:
        self.abandon(waiter)
        waiter.fail(error)
