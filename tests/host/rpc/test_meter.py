"""Counting and timing calls."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.rpc.meter import CallMeter

LATENCIES = st.lists(st.floats(min_value=1e-6, max_value=600.0), min_size=1, max_size=300)


def test_before_the_first_call_there_is_no_latency() -> None:
    meter = CallMeter()
    assert (meter.total, meter.errors) == (0, 0)
    assert meter.percentile_s(0.5) is None


def test_failed_calls_are_calls_too() -> None:
    meter = CallMeter()
    meter.record(0.01, False)
    meter.record(0.01, True)
    assert (meter.total, meter.errors) == (2, 1)


@given(LATENCIES, st.sampled_from([0.01, 0.5, 0.9, 0.99, 1.0]))
def test_a_percentile_is_off_by_a_quarter_at_most(latencies_s: list[float], share: float) -> None:
    meter = CallMeter()
    for latency_s in latencies_s:
        meter.record(latency_s, False)
    ordered = sorted(latencies_s)
    rank = next(n for n in range(1, len(ordered) + 1) if n >= share * len(ordered))
    exact_s = ordered[rank - 1]

    measured_s = meter.percentile_s(share)

    assert measured_s is not None
    assert 0.75 * exact_s <= measured_s <= 1.26 * exact_s


def test_a_few_slow_calls_show_in_the_99th_percentile_and_not_in_the_median() -> None:
    meter = CallMeter()
    for _ in range(98):
        meter.record(0.001, False)
    meter.record(2.0, False)
    meter.record(2.0, False)
    assert meter.percentile_s(0.5) == pytest.approx(0.001, rel=0.26)
    assert meter.percentile_s(0.99) == pytest.approx(2.0, rel=0.26)


@pytest.mark.parametrize("seconds", [0.0, -1.0e-9, 1e9])
def test_a_latency_out_of_all_bounds_is_counted(seconds: float) -> None:
    meter = CallMeter()
    meter.record(seconds, False)
    assert meter.total == 1
    assert meter.percentile_s(0.5) is not None
