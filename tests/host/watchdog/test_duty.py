"""Duty: the control law, against plugins that want a certain rate."""

import hypothesis.strategies as st
from hypothesis import given

from host.watchdog.duty import MIN_DUTY, next_duty

STEPS = 120
DUTIES = st.floats(MIN_DUTY, 1.0)
LIMITS = st.floats(0.05, 4.0)


def settle(duty: float, limit: float, wanted: float, width: float) -> tuple[float, float]:
    """Throttle a plugin that wants `wanted` cores, on `width` threads; return duty and rate in the end."""
    for _ in range(STEPS):
        duty = next_duty(duty, min(wanted, duty * width), limit)
    return duty, min(wanted, duty * width)


@given(duty=DUTIES, limit=LIMITS, wanted=st.floats(0.0, 32.0))
def test_a_plugin_that_always_runs_settles_within_its_limit(duty: float, limit: float, wanted: float) -> None:
    final, rate = settle(duty, limit, wanted, width=wanted)
    assert rate <= limit or final == MIN_DUTY


@given(duty=DUTIES, limit=LIMITS, wanted=st.floats(0.0, 8.0), idle=st.floats(1.0, 8.0))
def test_a_plugin_that_catches_up_settles_within_its_limit(
    duty: float, limit: float, wanted: float, idle: float
) -> None:
    final, rate = settle(duty, limit, wanted, width=wanted * idle)
    assert rate <= limit or final == MIN_DUTY


@given(duty=DUTIES, limit=LIMITS, share=st.floats(0.0, 0.9))
def test_a_plugin_that_wants_less_than_its_limit_runs_freely_in_the_end(
    duty: float, limit: float, share: float
) -> None:
    assert settle(duty, limit, limit * share, width=8.0)[0] == 1.0


@given(limit=st.floats(0.1, 1.0), wanted=st.floats(1.5, 8.0))
def test_a_throttled_plugin_still_gets_most_of_its_limit(limit: float, wanted: float) -> None:
    assert settle(1.0, limit, wanted, width=wanted)[1] >= 0.9 * limit


@given(duty=DUTIES, measured=st.floats(0.0, 1_000.0), limit=st.floats(0.0, 1_000.0))
def test_a_duty_stays_between_its_floor_and_1(duty: float, measured: float, limit: float) -> None:
    assert MIN_DUTY <= next_duty(duty, measured, limit) <= 1.0


def test_a_pause_of_one_sample_does_not_free_a_plugin() -> None:
    assert next_duty(0.1, 0.0, 1.0) < 0.2


def test_the_first_step_already_reaches_the_limit() -> None:
    assert 0.45 < next_duty(1.0, 2.0, 1.0) <= 0.5
