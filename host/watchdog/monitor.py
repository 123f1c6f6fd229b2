"""Monitor: the loop that has every watched session sampled.

Owns the timing of sweeps, and the event loop's own lag, which shows in how late its sleeps end. Does not read
processes (the sampler), decide (the judges) or act (the sessions, told through `observe`). A host runs one.
"""

import logging
import math
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from typing import Protocol

import anyio
import anyio.to_thread
from anyio.lowlevel import checkpoint

from host.clock import Clock
from host.watchdog.limits import Breach, Judge
from host.watchdog.sample import Sample

SWEEP_EVERY_S = 1.0
"""Seconds from one sweep to the next."""

NEAR_EVERY_S = 0.25
"""The same for those of which any figure is over 80 % of its limit; the others keep their pace."""

TOLD_AT_ONCE = 100
"""Sessions that are told their samples before the event loop gets its turn; one takes 1 to 5 µs."""

LAGS_KEPT = 1024
"""Measured lags that are remembered: two a sweep, so two minutes at the fastest pace."""

log = logging.getLogger(__name__)


class Watched(Protocol):
    """A running session, as the monitor sees it."""

    @property
    def session_id(self) -> str:
        """Names this run."""
        ...

    @property
    def pid(self) -> int:
        """The root of its process tree."""
        ...

    @property
    def judge(self) -> Judge:
        """Its limits."""
        ...

    def observe(self, sample: Sample, breaches: list[Breach]) -> None:
        """Take a sample, on the event loop; must not block."""
        ...


class Sweeper(Protocol):
    """What reads the process trees: the sampler."""

    def sweep(self, roots: Mapping[str, int], soft_memory: Mapping[str, int]) -> dict[str, Sample]:
        """Read all trees; called in a worker thread."""
        ...

    def forget(self, session: str) -> None:
        """Drop what is kept of a session; never called during a sweep."""
        ...


class Monitor:
    """Samples all watched sessions at one pace, and those near a limit at a faster one."""

    def __init__(
        self,
        sampler: Sweeper,
        clock: Clock,
        every_s: float = SWEEP_EVERY_S,
        near_every_s: float = NEAR_EVERY_S,
        swept: Callable[[], None] = lambda: None,
    ) -> None:
        """`swept` is told after each sweep, on the event loop; it must not block."""
        self._sampler = sampler
        self._clock = clock
        self._every_s = every_s
        self._near_every_s = near_every_s
        self._swept = swept
        self._watched: dict[str, Watched] = {}
        self._unwatched: set[str] = set()
        self._sweeping = False
        self._somebody = anyio.Event()
        self._due_s = math.inf
        """When the present sleep should end; infinite outside of one."""
        self._lags: deque[tuple[float, float]] = deque(maxlen=LAGS_KEPT)
        """When a lag was measured, and its length."""
        self._reported: set[tuple[str, str, int]] = set()

    def watch(self, watched: Watched) -> None:
        """Sample this session from the next sweep of everybody on."""
        self._unwatched.discard(watched.session_id)
        self._watched[watched.session_id] = watched
        self._somebody.set()

    def unwatch(self, watched: Watched) -> None:
        """Stop sampling this session; it is told nothing more."""
        if self._watched.pop(watched.session_id, None) is None:
            return
        self._unwatched.add(watched.session_id)
        if not self._watched:
            self._somebody = anyio.Event()
        if not self._sweeping:
            self._forget()

    async def run(self) -> None:
        """Sweep until cancelled; sleeps for good while nobody is watched.

        A cancellation waits for a sweep that is under way, so that its thread is not left behind.
        """
        limiter = anyio.CapacityLimiter(1)
        everybody_due_s = -math.inf
        near: set[str] = set()
        try:
            while True:
                await self._somebody.wait()
                began_s = self._clock.monotonic()
                watched = {session: one for session, one in self._watched.items() if session in near}
                # Half a pace early is nearer than half a pace late.
                if not watched or began_s + self._near_every_s / 2 >= everybody_due_s:
                    watched = dict(self._watched)
                    everybody_due_s = began_s + self._every_s
                near = await self._sweep(watched, limiter)
                took_s = self._clock.monotonic() - began_s
                pause_s = (self._near_every_s if near else everybody_due_s - began_s) - took_s
                # However long sweeps take, they get half of a core at most.
                await self._sleep(max(pause_s, took_s))
        finally:
            self._unwatched.update(self._watched)
            self._forget()

    def lag_s(self, window_s: float) -> float:
        """Return the event loop's largest lag, in seconds, that showed in the last `window_s` (at most 120).

        Includes the present one, where the loop was blocked and this is called before the monitor woke.
        """
        now_s = self._clock.monotonic()
        recent = (lag_s for at_s, lag_s in self._lags if now_s - at_s <= window_s)
        return max(0.0, now_s - self._due_s, max(recent, default=0.0))

    async def _sleep(self, pause_s: float) -> None:
        self._due_s = self._clock.monotonic() + pause_s
        try:
            await anyio.sleep(pause_s)
            self._note_lag(self._due_s)
        finally:
            self._due_s = math.inf

    async def _sweep(self, watched: Mapping[str, Watched], limiter: anyio.CapacityLimiter) -> set[str]:
        """Sweep these once, tell them; return who of them is near a limit."""
        roots = {session: one.pid for session, one in watched.items()}
        soft_memory = {session: one.judge.soft_memory_bytes for session, one in watched.items()}

        def sweep() -> tuple[dict[str, Sample], float]:
            return self._sampler.sweep(roots, soft_memory), self._clock.monotonic()

        near: set[str] = set()
        self._sweeping = True
        try:
            samples, ended_s = await anyio.to_thread.run_sync(sweep, limiter=limiter)
        except Exception as error:  # noqa: BLE001 - the watchdog outlives a sweep that fails
            self._report(error)
            return near
        finally:
            self._sweeping = False
            self._forget()
        self._note_lag(ended_s)
        for number, (session, sample) in enumerate(samples.items()):
            if number and not number % TOLD_AT_ONCE:
                await checkpoint()
            one = watched[session]
            if self._watched.get(session) is not one:
                continue
            try:
                one.observe(sample, one.judge.judge(sample))
            except Exception as error:  # noqa: BLE001 - one session's fault must not blind the others
                self._report(error)
            if one.judge.near_limit(sample):
                near.add(session)
        try:
            self._swept()
        except Exception as error:  # noqa: BLE001 - whoever looks on must not blind the watchdog
            self._report(error)
        return near

    def _note_lag(self, due_s: float) -> None:
        now_s = self._clock.monotonic()
        self._lags.append((now_s, max(0.0, now_s - due_s)))

    def _forget(self) -> None:
        for session in self._unwatched:
            self._sampler.forget(session)
        self._unwatched.clear()

    def _report(self, error: Exception) -> None:
        # Once per type and place: the text may name another process each second.
        *_, (frame, line) = traceback.walk_tb(error.__traceback__)
        place = (type(error).__name__, frame.f_code.co_filename, line)
        if place not in self._reported:
            self._reported.add(place)
            log.error("a sweep of the watchdog failed; it goes on", exc_info=error)
