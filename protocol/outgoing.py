"""Requests that this side made: correlation, deadlines, admission, cancelling, streams it reads.

Owns every waiter from before its line is written until it is settled. The peer hands it the answers;
`settle` runs in the read callback, so nothing stands between an answer's bytes and the waiting task.
"""

import asyncio
from collections.abc import Callable
from math import inf
from time import perf_counter

import msgspec

from protocol import jsonrpc
from protocol.admission import Admission
from protocol.credit import STREAM_CREDIT
from protocol.errors import FRAME_TOO_LARGE, STREAM_OVERRUN, RpcError
from protocol.framing import MAX_FRAME_BYTES
from protocol.messages.meta import Progress, StreamItem
from protocol.pipe import Pipe
from protocol.polling import BUDGET_S, Method, Polling
from protocol.stream_reader import StreamReader
from protocol.waiter import DeadlinePassed, Waiter

MAX_IN_FLIGHT = 64
"""Requests that may be unanswered at once, per direction. Source: behaviour in numbers, *Wire*."""

MAX_WAITING = 1_000
"""Requests that may wait for one of these places; one more is `overloaded`."""

MAX_BUFFERED_BYTES = 32 * 1024 * 1024
"""Bytes queued for a side that does not read, past which callers wait under their deadline."""

TOMBSTONES = 4_096
"""Expired ids that are remembered, so that their answers count as late and not as forged."""

KNOWN_NAMES = 1_000
"""Methods that are known by name; a plugin may make its host ask for any number of them."""

CANCEL = jsonrpc.method_name("$/cancel")
CREDIT = jsonrpc.method_name("$/credit")
_PING = "plugin.ping"


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
        """`poll(seconds)` takes what comes meanwhile, without sleeping, and tells whether something did."""
        self.loop = loop
        self._time = loop.time
        self._poll = poll
        self.polling = polling
        self._pipe = pipe
        self._on_fault = on_fault
        self._max_buffered = max_buffered_bytes
        self._max_frame = max_frame_bytes
        self._places = Admission(loop, max_in_flight, max_waiting)
        self._pending: dict[int | str | None | msgspec.UnsetType, Waiter] = {}
        self._tombstones: dict[int, None] = {}
        self._methods: dict[str, Method] = {}
        self._next_id = 1
        self._timer: asyncio.TimerHandle | None = None
        self._armed_for = inf
        self._closed: Callable[[], Exception] | None = None
        self.sends_meta = False
        """Whether the other side announced `capabilities.meta`."""
        self.late = 0
        """Answers that came after their deadline."""
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

    def unanswered(self) -> list[str]:
        """Return the methods under way, oldest first."""
        return [waiter.method for waiter in self._pending.values()]

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
        `_meta` members as JSON text, each with a leading comma. Only pings are not `bounded`.

        Raises:
            RpcError: The answer is an error; or, from this side, `deadline_exceeded`, `overloaded` or
                `frame_too_large`.
        """
        waiter = self.begin(
            method, params, timeout_s, idle_s=idle_s, meta=meta, on_progress=on_progress, bounded=bounded
        )
        if waiter is None:
            started = self._time()
            hard = started + timeout_s
            deadline = hard if idle_s is None else min(started + idle_s, hard)
            waiter = Waiter(self, method, started, hard, deadline, idle_s, on_progress, bounded)
            await self._begin_later(waiter, params, meta)
        return await waiter

    def begin(
        self,
        method: str,
        params: bytes,
        timeout_s: float,
        *,
        idle_s: float | None = None,
        meta: bytes = b"",
        on_progress: Callable[[Progress], None] | None = None,
        bounded: bool = True,
    ) -> Waiter | None:
        """Ask now and return who waits, to be awaited at once; None if there is no place or no room for it.

        See `request`, which waits for these too.
        """
        places = self._places
        if (bounded and (places.queue or not places.free)) or self._pipe.buffered > self._max_buffered:
            return None
        started = self._time()
        hard = started + timeout_s
        deadline = hard if idle_s is None else min(started + idle_s, hard)
        waiter = Waiter(self, method, started, hard, deadline, idle_s, on_progress, bounded)
        known = self._send(waiter, params, meta, started)
        if bounded:
            places.free -= 1
        if self.polling.allows(known) and not self.many:
            self._wait_awake(waiter, known)
        return waiter

    async def open_stream(
        self, method: str, params: bytes, *, timeout_s: float, idle_s: float, meta: bytes = b""
    ) -> StreamReader:
        """Open a stream; whoever gets the reader closes it.

        Raises:
            RpcError: `overloaded`, `frame_too_large`, or `deadline_exceeded` before it could be opened.
        """
        started = self._time()
        hard = started + timeout_s
        waiter = Waiter(self, method, started, hard, min(started + idle_s, hard), idle_s)
        await self._begin_later(waiter, params, b',"stream":{"credit":%d}%b' % (STREAM_CREDIT, meta))
        reader = waiter.stream = StreamReader(self, waiter.id, waiter)
        return reader

    def settle(self, message: jsonrpc.Message) -> None:
        """Take an answer."""
        self.life_signs += 1
        waiter = self._pending.pop(message.id, None)
        if waiter is None:
            self._settle_unknown(message)
        else:
            # `_leave`, spelled out: this is on the way of every answer.
            self.polling.in_flight -= 1
            if waiter.bounded:
                places = self._places
                if places.queue:
                    places.leave()
                else:
                    places.free += 1
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
            self._fail(
                waiter, RpcError(STREAM_OVERRUN, f"{waiter.method} broke the stream's order or credit")
            )
            return
        waiter.touch(self.loop.time())

    def acknowledge(self, request_id: int, items: int) -> None:
        """Send `$/credit`."""
        waiter = self._pending.get(request_id)
        if waiter is not None:
            waiter.touch(self.loop.time())  # a producer without credit was not idle, it was held up
            self._pipe.write(jsonrpc.build_notification(CREDIT, b'{"id":%d,"n":%d}' % (request_id, items)))

    def end_stream(self, request_id: int) -> None:
        """Forget a stream whose reader is done, and cancel it if it still runs."""
        self.abandon(request_id)

    def close(self, error: Callable[[], Exception]) -> None:
        """Fail all waiters, each with an error of its own, and every later request."""
        self._closed = error
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        pending, self._pending = self._pending, {}
        self._places.close(error)
        for waiter in pending.values():
            self._leave(waiter)
            waiter.fail(error())

    def stretch(self, seconds: float) -> None:
        """Put every deadline off: the host kept the plugin from running for that long."""
        for waiter in self._pending.values():
            waiter.hard += seconds
            waiter.deadline += seconds

    def _send(self, waiter: Waiter, params: bytes, meta: bytes, now: float) -> Method:
        if self._closed is not None:
            raise self._closed()
        request_id = waiter.id = self._next_id
        method = waiter.method
        known = self._methods.get(method) or self._learn(method)
        name = known.name
        if self.sends_meta and params[:1] != b"[":
            left_ms = int((waiter.hard - now) * 1_000)
            line = jsonrpc.build_call(request_id, name, params, left_ms if left_ms > 0 else 0, meta)
        else:
            line = jsonrpc.build_request(request_id, name, params)
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
        if waiter.deadline < self._armed_for:
            self._arm(waiter.deadline)
        return known

    def _learn(self, method: str) -> Method:
        if len(self._methods) >= KNOWN_NAMES:
            self._methods.clear()
        known = self._methods[method] = Method(jsonrpc.method_name(method))
        return known

    def _wait_awake(self, waiter: Waiter, known: Method) -> None:
        """Poll for the answer; it may well not come, and then is waited for as usual."""
        began_s = perf_counter()
        left_s = BUDGET_S
        while left_s > 0.0 and self._poll(left_s) and not waiter.done():
            left_s = BUDGET_S - perf_counter() + began_s
        self.polling.waited(known, perf_counter() - began_s, waiter.done())

    async def _begin_later(self, waiter: Waiter, params: bytes, meta: bytes) -> None:
        """Ask once there are a place and room."""
        if self._closed is not None:
            raise self._closed()
        try:
            if waiter.bounded:
                await self._places.enter(waiter.hard)
            try:
                if self._pipe.buffered > self._max_buffered:
                    async with asyncio.timeout_at(waiter.hard):
                        await self._pipe.drained()
                self._send(waiter, params, meta, self._time())
            except BaseException:
                if waiter.bounded:
                    self._places.leave()
                raise
        except TimeoutError:
            raise DeadlinePassed(waiter.method, waiter.hard - waiter.started) from None

    def _leave(self, waiter: Waiter) -> None:
        self.polling.in_flight -= 1
        if waiter.bounded:
            places = self._places
            if places.queue:
                places.leave()
            else:
                places.free += 1

    def abandon(self, request_id: int) -> None:
        """Forget a request that is not answered yet, and cancel it."""
        waiter = self._pending.pop(request_id, None)
        if waiter is not None:
            self._leave(waiter)
            self._bury(request_id)

    def _bury(self, request_id: int) -> None:
        if len(self._tombstones) >= TOMBSTONES:
            del self._tombstones[next(iter(self._tombstones))]
        self._tombstones[request_id] = None
        self._pipe.write(jsonrpc.build_notification(CANCEL, b'{"id":%d}' % request_id))

    def _fail(self, waiter: Waiter, error: RpcError) -> None:
        self.abandon(waiter.id)
        waiter.fail(error)

    def _settle_unknown(self, message: jsonrpc.Message) -> None:
        request_id = message.id
        if isinstance(request_id, int) and request_id in self._tombstones:
            del self._tombstones[request_id]
            self.late += 1
        elif request_id is None:
            self._on_fault("error_report", "the other side reports a frame that it could not read")
        elif isinstance(request_id, int) and 0 < request_id < self._next_id:
            self._on_fault("duplicate_id", f"request {request_id} is answered a second time")
        else:
            self._on_fault("forged_id", f"an answer names {str(request_id)[:40]!r}, which was never asked")

    def _arm(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._armed_for = when
        self._timer = self.loop.call_at(when, self._expire)

    def _expire(self) -> None:
        self._timer = None
        self._armed_for = inf
        now = self.loop.time()
        for waiter in [*self._pending.values()]:
            if waiter.expired(now):
                self._fail(waiter, waiter.deadline_passed())
        earliest = min((waiter.deadline for waiter in self._pending.values()), default=inf)
        if earliest < inf:
            self._arm(earliest)
