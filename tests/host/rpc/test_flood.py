"""What a plugin that floods may cost: a share of a core, and a share of the memory for frames."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.clock import FakeClock
from host.rpc.flood import BURST_S, HELD_FRAMES_BYTES, SHARE, FloodBudget, HeldFrames


def test_a_plugin_that_says_little_is_never_held_up() -> None:
    clock = FakeClock()
    budget = FloodBudget(clock.monotonic)
    for _ in range(1_000):
        assert budget.charge(0.0005) == 0.0
        clock.advance(0.01)
    assert budget.rested_s == 0.0


def test_a_burst_after_a_rest_is_free_and_what_is_beyond_is_not() -> None:
    clock = FakeClock()
    budget = FloodBudget(clock.monotonic)
    assert budget.charge(BURST_S) == 0.0
    assert budget.charge(0.001) == pytest.approx(0.001 / SHARE)


def test_a_long_rest_saves_up_no_more_than_one_burst() -> None:
    clock = FakeClock()
    budget = FloodBudget(clock.monotonic)
    clock.advance(3_600.0)
    assert budget.charge(2 * BURST_S) == pytest.approx(BURST_S / SHARE)


@given(st.lists(st.floats(min_value=0.0001, max_value=0.05), min_size=50, max_size=200))
def test_whoever_rests_as_told_takes_its_share_of_a_core_and_no_more(costs: list[float]) -> None:
    clock = FakeClock()
    budget = FloodBudget(clock.monotonic)
    started_s = clock.now_s
    spent_s = 0.0
    for cost_s in costs:
        clock.advance(cost_s)
        spent_s += cost_s
        clock.advance(budget.charge(cost_s))
    assert spent_s <= SHARE * (clock.now_s - started_s) + BURST_S + 1e-6
    assert budget.rested_s == pytest.approx(clock.now_s - started_s - spent_s, abs=1e-6)


def test_frames_of_all_plugins_share_one_bound() -> None:
    held = HeldFrames(100)
    assert held.may_hold("a", 60)
    assert held.may_hold("b", 40)
    assert not held.may_hold("c", 1)


def test_a_frame_that_grows_counts_once() -> None:
    held = HeldFrames(100)
    for size in (10, 50, 100):
        assert held.may_hold("a", size)


def test_a_frame_that_grows_too_long_frees_what_it_held() -> None:
    held = HeldFrames(100)
    assert held.may_hold("a", 90)
    assert not held.may_hold("a", 101)
    assert held.may_hold("b", 100)


def test_a_released_owner_holds_nothing_and_releasing_twice_changes_nothing() -> None:
    held = HeldFrames(100)
    assert held.may_hold("a", 100)
    held.release("a")
    held.release("a")
    assert held.may_hold("b", 100)
    assert not held.may_hold("a", 1)


def test_the_bound_is_generous() -> None:
    assert HeldFrames().may_hold("a", HELD_FRAMES_BYTES)
