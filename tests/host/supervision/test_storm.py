"""Storm guard: many misses at once are the host's fault, and restarts are spread."""

import hypothesis.strategies as st
from hypothesis import given

from host.clock import FakeClock
from host.supervision.storm import StormGuard


def miss(guard: StormGuard, count: int) -> None:
    for number in range(count):
        guard.missed(f"plugin-{number}")


def test_one_plugin_that_misses_may_be_restarted() -> None:
    guard = StormGuard(FakeClock())
    miss(guard, 1)
    assert guard.may_restart_unresponsive(live=1)


def test_two_are_no_storm_however_few_live() -> None:
    guard = StormGuard(FakeClock())
    miss(guard, 2)
    assert guard.may_restart_unresponsive(live=2)


def test_three_of_a_few_are_a_storm() -> None:
    guard = StormGuard(FakeClock())
    miss(guard, 3)
    assert not guard.may_restart_unresponsive(live=14)


def test_it_takes_more_than_a_fifth_of_the_live() -> None:
    guard = StormGuard(FakeClock())
    miss(guard, 20)
    assert guard.may_restart_unresponsive(live=100)
    guard.missed("one more")
    assert not guard.may_restart_unresponsive(live=100)


def test_one_plugin_that_misses_often_counts_once() -> None:
    guard = StormGuard(FakeClock())
    for _ in range(10):
        guard.missed("same")
    assert guard.may_restart_unresponsive(live=4)


def test_an_answer_takes_a_plugins_misses_back() -> None:
    guard = StormGuard(FakeClock())
    miss(guard, 3)
    guard.answered("plugin-1")
    guard.answered("plugin-that-never-missed")
    assert guard.may_restart_unresponsive(live=3)


def test_a_miss_counts_for_13_s() -> None:
    clock = FakeClock()
    guard = StormGuard(clock)
    guard.missed("early")
    clock.advance(12.9)
    miss(guard, 2)
    assert not guard.may_restart_unresponsive(live=5)
    clock.advance(0.1)
    assert guard.may_restart_unresponsive(live=5)


def test_ten_restarts_pass_at_once_and_the_next_waits() -> None:
    clock = FakeClock()
    guard = StormGuard(clock)
    assert [guard.restart_delay_s() for _ in range(10)] == [0.0] * 10
    assert guard.restart_delay_s() == 10.0
    clock.advance(4)
    assert guard.restart_delay_s() == 6.0
    clock.advance(6)
    assert guard.restart_delay_s() == 0.0


def test_who_is_told_to_wait_has_booked_nothing() -> None:
    clock = FakeClock()
    guard = StormGuard(clock)
    for _ in range(50):
        guard.restart_delay_s()
    clock.advance(10)
    assert [guard.restart_delay_s() for _ in range(10)] == [0.0] * 10


@given(st.lists(st.floats(0.0, 6.0), max_size=80))
def test_no_ten_seconds_see_more_than_ten_restarts(pauses: list[float]) -> None:
    clock = FakeClock()
    guard = StormGuard(clock)
    passed: list[float] = []
    for pause in pauses:
        clock.advance(pause)
        delay_s = guard.restart_delay_s()
        assert 0.0 <= delay_s <= 10.0
        if not delay_s:
            passed.append(clock.monotonic())
    assert all(later - earlier >= 10.0 - 1e-9 for earlier, later in zip(passed, passed[10:], strict=False))
