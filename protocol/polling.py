"""Polling: when a lone call is worth a short wait without sleeping, on the side that asks and on the other.

Waking a process that sleeps costs several times what a small call does. Whoever has nothing else to do may
look for the next message a few dozen times before it sleeps. Owns the rules by which that starves nobody and
costs nothing at rest; pure but for the clock. Does not read: `protocol.pipe` does, asked by `outgoing` and
`peer`. Figures: the measured recipe of the hot path.
"""

import asyncio
import os
import time
from collections.abc import Callable
from time import perf_counter

import msgspec

from protocol import jsonrpc

yield_processor: Callable[[], None] = getattr(os, "sched_yield", lambda: time.sleep(0))
"""Lets whoever shares this processor go on, which may be the one that is waited for."""

BUDGET_S = 0.000_1
"""Longest wait without sleeping, for an answer and for a plugin's next request."""

SERVER_BUDGET_S = 0.000_05
"""Longest such wait of a host for a plugin's next call: its loop has others to serve."""

LATE_S = 0.000_05
"""An answer later than the budget by this: while we polled, somebody else had the processor."""

MAX_SKIP = 255
"""Most calls of one method that are not polled for after a miss."""

CALLS_PER_REST = 16
HELD_S = 0.000_2
"""After so many polled calls, or so much time spent polling, the loop gets its turns."""

TURNS = 3
"""Turns of the loop that make a rest: a future that somebody waits for needs two to three."""

BUSY_TURN_S = 0.000_015
"""A turn that takes longer did somebody else's work."""

BUSY_CALLS = 32
"""Calls that are not polled for after such a rest."""

LATE_WEIGHT = 16
MAX_LATENESS = 48
"""A late answer weighs as much as this many timely ones; three that are not outweighed switch polling off."""

OFF_S = 1.0
MAX_OFF_S = 60.0
"""How long polling is off, doubled each time until it went well for `TRUSTED_CALLS`."""

TRUSTED_CALLS = 1_000

KNOWN_METHODS = 1_000

MAX_CREDIT = 4
SHORT_GAP_S = 0.000_2
"""A request that follows the last answer within this earns credit for staying awake."""


class Method(msgspec.Struct, gc=False):
    """One method of one peer, as its caller knows it: when to poll for it, and how its usual line reads."""

    name: bytes
    """Its name as JSON text."""
    skip: int = 0
    """Calls that are not polled for."""
    step: int = 0
    """What `skip` was set to last."""
    left_s: float | None = None
    """Budget of the calls that `form` is for."""
    form: bytes = b""
    """Their line, with places for the id and for the parameters without their last brace."""
    last_s: float = 0.0
    """Budget of the last call whose line was put together."""

    def line(self, request_id: int, params: bytes, meta: bytes, left_s: float) -> bytes:
        """Return a call's line; if its budget is that of the call before, also keep its form."""
        left_ms = max(0, int(left_s * 1_000))
        if left_s == self.last_s:
            self.left_s = left_s
            self.form = jsonrpc.call_form(self.name, left_ms)
        self.last_s = left_s
        return jsonrpc.build_call(request_id, self.name, params, left_ms, meta)


class Methods(dict[str, Method]):
    """The methods of one peer, by name, as they are called; a plugin may make its host call any number."""

    def __missing__(self, name: str) -> Method:
        if len(self) >= KNOWN_METHODS:
            self.clear()
        known = self[name] = Method(jsonrpc.method_name(name))
        return known


class Polling:
    """The rules for callers; one for all peers of a process, so that only a call that is alone polls."""

    __slots__ = (
        "_calls",
        "_held_s",
        "_lateness",
        "_now",
        "_off_s",
        "_off_until",
        "_pass_over",
        "_timely",
        "enabled",
        "in_flight",
    )

    def __init__(self, *, enabled: bool = False, now: Callable[[], float] = perf_counter) -> None:
        self._now = now
        self._calls = 0
        self._held_s = 0.0
        self._pass_over = 0
        self._lateness = 0
        self._timely = 0
        self._off_until = 0.0
        self._off_s = OFF_S
        self.enabled = enabled
        self.in_flight = 0
        """Requests that are written and not answered, over all peers."""

    @property
    def owes_rest(self) -> bool:
        """Whether the loop must get its turns before the next call."""
        return self._calls >= CALLS_PER_REST or self._held_s >= HELD_S

    def allows(self, method: Method) -> bool:
        """Tell whether to poll for the request that was just written."""
        if not self.enabled or self.in_flight != 1:
            return False
        if self._pass_over:
            self._pass_over -= 1
            return False
        if method.skip:
            method.skip -= 1
            return False
        return not self._off_until or self._now() >= self._off_until

    def wait(
        self, method: Method, poll: Callable[[float], bool], answered: Callable[[], bool], *, alone: bool
    ) -> None:
        """Poll for an answer, if that is allowed; it may well not come, and then is waited for as usual.

        `poll(seconds)` takes what comes within that time, and tells whether to go on. `alone` says that
        nothing else is at work on the wire.
        """
        if not alone or not self.allows(method):
            self.slept()
            return
        began_s = self._now()
        left_s = BUDGET_S
        while left_s > 0.0 and poll(left_s) and not answered():
            left_s = BUDGET_S - self._now() + began_s
        self.waited(method, self._now() - began_s, answered())
        if not answered():
            self.slept()

    def waited(self, method: Method, took_s: float, answered: bool) -> None:
        """Take note of what polling brought."""
        self._calls += 1
        self._held_s += took_s
        if answered and took_s <= BUDGET_S + LATE_S:
            method.step = 0
            self._lateness = max(0, self._lateness - 1)
            self._timely += 1
            if self._timely == TRUSTED_CALLS:
                self._off_s = OFF_S
            return
        method.skip = method.step = min(MAX_SKIP, 2 * method.step + 1)
        if answered:
            self._lateness += LATE_WEIGHT
            if self._lateness >= MAX_LATENESS:
                self._switch_off()

    async def rest(self) -> None:
        """Give the loop its turns; if others used them, do not poll for a while."""
        began = self._now()
        for _ in range(TURNS):
            await asyncio.sleep(0)
        self.slept()
        if self._now() - began > TURNS * BUSY_TURN_S:
            self._pass_over = BUSY_CALLS

    def slept(self) -> None:
        """Take note that the loop had its turns."""
        self._calls = 0
        self._held_s = 0.0

    def _switch_off(self) -> None:
        self._off_until = self._now() + self._off_s
        self._off_s = min(MAX_OFF_S, 2 * self._off_s)
        self._lateness = 0
        self._timely = 0


class Lingering:
    """The rule for a side that serves: whether to stay awake for the next request, once it is done."""

    __slots__ = ("_credit", "_now", "_rested_at", "budget_s")

    def __init__(self, budget_s: float = BUDGET_S, *, now: Callable[[], float] = perf_counter) -> None:
        self._now = now
        self._credit = 0
        self._rested_at = 0.0
        self.budget_s = budget_s
        """How long to stay awake."""

    @property
    def worth(self) -> bool:
        """Whether requests lately came quickly one after the other."""
        return self._credit > 0

    def woken(self) -> None:
        """Take note that a message ended the sleep."""
        if self._now() - self._rested_at <= SHORT_GAP_S:
            self._credit = min(MAX_CREDIT, self._credit + 1)

    def came(self) -> None:
        """Take note that staying awake brought a message."""
        self._credit = min(MAX_CREDIT, self._credit + 1)

    def missed(self) -> None:
        """Take note that it brought none."""
        self._credit -= 1

    def rests(self) -> None:
        """Take note that the sleep begins."""
        self._rested_at = self._now()
