"""Counting and timing calls."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.recording import CallRow
from host.rpc.meter import MAX_METHODS, OTHER, CallMeter

LATENCIES = st.lists(st.floats(min_value=1e-6, max_value=600.0), min_size=1, max_size=300)


def meter_of() -> CallMeter:
    return CallMeter(deque(maxlen=500), {}, {})


def test_calls_are_recorded_and_counted_by_method_with_their_failures() -> None:
    calls: deque[CallRow] = deque(maxlen=2)
    counts: dict[str, int] = {"old": 7}
    failures: dict[str, int] = {}
    meter = CallMeter(calls, counts, failures)
    meter.record("old", 1.0, 0.5, 0)
    meter.record("new", 2.0, 0.5, -32001)
    meter.record("new", 3.0, 0.5, 0)
    assert [*calls] == [(2.0, True, "new", 0.5, -32001), (3.0, True, "new", 0.5, 0)]
    assert counts == {"old": 8, "new": 2}
    assert failures == {"new": 1}


def test_names_that_are_too_many_or_too_long_are_counted_together() -> None:
    calls: deque[CallRow] = deque(maxlen=500)
    counts: dict[str, int] = {}
    meter = CallMeter(calls, counts, {})
    meter.record("x" * 1_000_000, 0.0, 0.0, 0)
    for number in range(2 * MAX_METHODS):
        meter.record(f"m{number}", 0.0, 0.0, 0)
    assert len(counts) == MAX_METHODS
    assert sum(counts.values()) == 2 * MAX_METHODS + 1
    assert calls[-1][2] == OTHER
    assert max(len(row[2]) for row in calls) < 100


def test_before_the_first_call_there_is_no_latency() -> None:
    meter = meter_of()
    assert (meter.total, meter.errors) == (0, 0)
    assert meter.percentile_s(0.5) is None


def test_failed_calls_are_calls_too() -> None:
    meter = meter_of()
    meter.record("m", 0.0, 0.01, 0)
    meter.record("m", 0.0, 0.01, -32000)
    assert (meter.total, meter.errors) == (2, 1)


@given(LATENCIES, st.sampled_from([0.01, 0.5, 0.9, 0.99, 1.0]))
def test_a_percentile_is_off_by_a_fifth_at_most(latencies_s: list[float], share: float) -> None:
    meter = meter_of()
    for latency_s in latencies_s:
        meter.record("m", 0.0, latency_s, 0)
    ordered = sorted(latencies_s)
    rank = next(n for n in range(1, len(ordered) + 1) if n >= share * len(ordered))
    exact_s = ordered[rank - 1]

    measured_s = meter.percentile_s(share)

    assert measured_s is not None
    assert exact_s / 1.2 <= measured_s <= 1.2 * exact_s


def test_a_few_slow_calls_show_in_the_99th_percentile_and_not_in_the_median() -> None:
    meter = meter_of()
    for _ in range(98):
        meter.record("m", 0.0, 0.001, 0)
    meter.record("m", 0.0, 2.0, 0)
    meter.record("m", 0.0, 2.0, 0)
    assert meter.percentile_s(0.5) == pytest.approx(0.001, rel=0.2)
    assert meter.percentile_s(0.99) == pytest.approx(2.0, rel=0.2)


@pytest.mark.parametrize("seconds", [0.0, -1.0e-9, 1e9])
def test_a_latency_out_of_all_bounds_is_counted(seconds: float) -> None:
    meter = meter_of()
    meter.record("m", 0.0, seconds, 0)
    assert meter.total == 1
    assert meter.percentile_s(0.5) is not None
