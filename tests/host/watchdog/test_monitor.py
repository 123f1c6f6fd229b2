"""Monitor: who is sampled when, what a failure leaves standing, and the loop's lag."""

import logging
import os
import threading
from collections.abc import Callable, Collection, Mapping

import anyio
import pytest
from anyio.lowlevel import checkpoint

from host.clock import FakeClock, SystemClock
from host.watchdog.limits import Breach, Judge
from host.watchdog.monitor import TOLD_AT_ONCE, Monitor
from host.watchdog.sample import Sample
from host.watchdog.sampler import Sampler
from protocol.manifest import Limits

NEVER_S = 3_600.0
QUICKLY_S = 0.001


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Session:
    """A watched session that remembers what it was told."""

    def __init__(self, session_id: str, *, fails: bool = False) -> None:
        self.session_id = session_id
        self.pid = os.getpid()
        self.judge = Judge(Limits(memory_bytes=1 << 40, cpu_cores=1_000.0, threads=10))
        self.samples: list[Sample] = []
        self.breaches: list[Breach] = []
        self._fails = fails
        self._told = anyio.Event()

    def observe(self, sample: Sample, breaches: list[Breach]) -> None:
        self.samples.append(sample)
        self.breaches += breaches
        self._told.set()
        if self._fails:
            raise RuntimeError("the session is wrong")

    async def told(self, times: int) -> None:
        with anyio.fail_after(5):
            while len(self.samples) < times:
                self._told = anyio.Event()
                await self._told.wait()


class Sweeper:
    """Stands for the sampler; `trouble` runs in each sweep, `near` ones have `threads`, else all have."""

    def __init__(
        self, trouble: Callable[[], None] = lambda: None, *, threads: int = 1, near: Collection[str] = ()
    ) -> None:
        self.sweeps = 0
        self.near = near
        self.forgotten: list[str] = []
        self._trouble = trouble
        self._threads = threads

    def sweep(self, roots: Mapping[str, int], soft_memory: Mapping[str, int]) -> dict[str, Sample]:
        self.sweeps += 1
        self._trouble()
        high, low = (Sample(0.0, 1, None, None, 0.0, threads, 0, 0, 0, ()) for threads in (self._threads, 1))
        assert set(soft_memory) == set(roots)
        return {session: high if session in self.near or not self.near else low for session in roots}

    def forget(self, session: str) -> None:
        self.forgotten.append(session)


class Gate:
    """Holds a sweep up in its thread until it is opened."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.opened = threading.Event()

    def __call__(self) -> None:
        self.entered.set()
        assert self.opened.wait(5)

    async def reached(self) -> None:
        with anyio.fail_after(5):
            while not self.entered.is_set():
                await checkpoint()


async def test_every_watched_session_gets_its_samples() -> None:
    monitor = Monitor(Sampler(), SystemClock(), every_s=0.3, near_every_s=0.3)
    sessions = [Session("one"), Session("two")]
    for session in sessions:
        monitor.watch(session)
    async with anyio.create_task_group() as group:
        group.start_soon(monitor.run)
        for session in sessions:
            await session.told(2)
        group.cancel_scope.cancel()
    for session in sessions:
        assert session.samples[0].tree[0].pid == os.getpid()
        assert session.samples[0].cpu_cores is None
        assert session.samples[1].cpu_cores is not None


async def test_a_session_is_told_its_breaches() -> None:
    monitor = Monitor(Sweeper(threads=11), FakeClock(), near_every_s=QUICKLY_S)
    session = Session("busy")
    monitor.watch(session)
    async with anyio.create_task_group() as group:
        group.start_soon(monitor.run)
        await session.told(3)
        group.cancel_scope.cancel()
    assert [breach.level for breach in session.breaches] == ["soft", "over"]


async def test_nothing_is_swept_while_nobody_is_watched() -> None:
    sweeper = Sweeper()
    monitor = Monitor(sweeper, FakeClock(), every_s=QUICKLY_S)
    async with anyio.create_task_group() as group:
        group.start_soon(monitor.run)
        await anyio.wait_all_tasks_blocked()
        assert sweeper.sweeps == 0
        session = Session("late")
        monitor.watch(session)
        await session.told(1)
        group.cancel_scope.cancel()


async def test_sweeps_end_with_the_last_session() -> None:
    gate = Gate()
    sweeper = Sweeper(gate)
    monitor = Monitor(sweeper, FakeClock(), every_s=0.0)
    session = Session("brief")
    monitor.watch(session)
    async with anyio.create_task_group() as group:
        group.start_soon(monitor.run)
        await gate.reached()
        monitor.unwatch(session)
        assert sweeper.forgotten == []  # a sweep is using what is kept
        gate.opened.set()
        with anyio.fail_after(5):
            while not sweeper.forgotten:
                await checkpoint()
        await anyio.wait_all_tasks_blocked()
        assert (sweeper.sweeps, session.samples) == (1, [])
        group.cancel_scope.cancel()


async def test_a_session_that_left_is_forgotten_at_once_between_sweeps() -> None:
    sweeper = Sweeper()
    monitor = Monitor(sweeper, FakeClock())
    session = Session("brief")
    monitor.watch(session)
    monitor.unwatch(session)
    monitor.unwatch(session)
    assert sweeper.forgotten == ["brief"]


async def test_sweeps_come_faster_while_anybody_is_near_a_limit() -> None:
    monitor = Monitor(Sweeper(threads=9), FakeClock(), every_s=NEVER_S, near_every_s=QUICKLY_S)
    session = Session("near")
    monitor.watch(session)
    async with anyio.create_task_group() as group:
        group.start_soon(monitor.run)
        await session.told(3)
        group.cancel_scope.cancel()


async def test_only_those_near_a_limit_are_swept_faster() -> None:
    clock, sweeper = FakeClock(), Sweeper(threads=9, near=["near"])
    monitor = Monitor(sweeper, clock, every_s=10.0, near_every_s=QUICKLY_S)
    near, far = Session("near"), Session("far")
    monitor.watch(near)
    monitor.watch(far)
    async with anyio.create_task_group() as group:
        group.start_soon(monitor.run)
        await near.told(4)
        assert len(far.samples) == 1
        clock.advance(10.0)
        await far.told(2)
        before = len(near.samples)
        await near.told(before + 2)
        assert len(far.samples) == 2
        monitor.unwatch(near)
        await far.told(3)  # the sweep that was to be for `near` alone is for everybody
        group.cancel_scope.cancel()


async def test_the_loop_gets_its_turn_while_many_are_told() -> None:
    monitor = Monitor(Sweeper(), FakeClock(), every_s=NEVER_S)
    sessions = [Session(str(number)) for number in range(2 * TOLD_AT_ONCE + 1)]
    for session in sessions:
        monitor.watch(session)
    told: set[int] = set()
    async with anyio.create_task_group() as group:
        group.start_soon(monitor.run)
        while not sessions[-1].samples:
            await checkpoint()
            told.add(sum(bool(session.samples) for session in sessions))
        group.cancel_scope.cancel()
    assert told >= {TOLD_AT_ONCE, 2 * TOLD_AT_ONCE}


async def test_a_monitor_that_ends_lets_go_of_everybody() -> None:
    sweeper, session = Sweeper(), Session("any")
    monitor = Monitor(sweeper, FakeClock(), every_s=NEVER_S)
    monitor.watch(session)
    async with anyio.create_task_group() as group:
        group.start_soon(monitor.run)
        await session.told(1)
        group.cancel_scope.cancel()
    assert sweeper.forgotten == ["any"]


async def test_sweeps_keep_their_pace_while_nobody_is_near_a_limit() -> None:
    monitor = Monitor(Sweeper(threads=8), FakeClock(), every_s=QUICKLY_S, near_every_s=NEVER_S)
    session = Session("far")
    monitor.watch(session)
    async with anyio.create_task_group() as group:
        group.start_soon(monitor.run)
        await session.told(3)
        group.cancel_scope.cancel()


async def test_a_sweep_that_fails_is_logged_once_and_the_next_one_comes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    failures = [OSError("process 1"), OSError("process 2"), ValueError("another")]

    def fail() -> None:
        if failures:
            raise failures.pop(0)

    monitor = Monitor(Sweeper(fail), FakeClock(), every_s=QUICKLY_S)
    session = Session("patient")
    monitor.watch(session)
    with caplog.at_level(logging.ERROR, "host.watchdog.monitor"):
        async with anyio.create_task_group() as group:
            group.start_soon(monitor.run)
            await session.told(1)
            group.cancel_scope.cancel()
    logged = [record.exc_info[1] for record in caplog.records if record.exc_info]
    assert [repr(error) for error in logged] == ["OSError('process 1')", "ValueError('another')"]


async def test_one_sessions_fault_does_not_blind_the_others(caplog: pytest.LogCaptureFixture) -> None:
    monitor = Monitor(Sweeper(), FakeClock(), every_s=QUICKLY_S)
    wrong, right = Session("wrong", fails=True), Session("right")
    monitor.watch(wrong)
    monitor.watch(right)
    async with anyio.create_task_group() as group:
        group.start_soon(monitor.run)
        await right.told(2)
        group.cancel_scope.cancel()
    assert len(wrong.samples) == 2
    assert len(caplog.records) == 1


async def test_the_loops_lag_shows_before_and_after_the_monitor_woke() -> None:
    clock = FakeClock()
    monitor = Monitor(Sweeper(), clock, every_s=0.3)
    session = Session("any")
    monitor.watch(session)
    async with anyio.create_task_group() as group:
        group.start_soon(monitor.run)
        await session.told(1)
        await checkpoint()
        assert monitor.lag_s(13.0) == 0.0
        clock.advance(0.3 + 4.0)
        assert monitor.lag_s(13.0) == pytest.approx(4.0)
        await session.told(2)
        assert monitor.lag_s(13.0) == pytest.approx(4.0)
        clock.advance(14.0)
        group.cancel_scope.cancel()
    assert monitor.lag_s(13.0) == 0.0
    assert monitor.lag_s(15.0) == pytest.approx(4.0)


def test_a_cancelled_monitor_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    gate = Gate()

    async def main() -> None:
        monitor = Monitor(Sweeper(gate), SystemClock())
        monitor.watch(Session("any"))
        async with anyio.create_task_group() as group:
            group.start_soon(monitor.run)
            await gate.reached()
            group.cancel_scope.cancel()
            gate.opened.set()

    anyio.run(main)
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive()
