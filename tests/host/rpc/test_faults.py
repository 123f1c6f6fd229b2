"""Faults on the wire: which count, and when it is enough."""

import pytest

from host.clock import FakeClock
from host.rpc.faults import MAX_FAULTS, NOT_FAULTS, WINDOW_S, FaultMeter


def test_the_hundredth_fault_within_the_window_is_one_too_many() -> None:
    meter = FaultMeter(FakeClock().monotonic)
    assert [meter.count("malformed") for _ in range(MAX_FAULTS)] == [False] * (MAX_FAULTS - 1) + [True]
    assert meter.total == MAX_FAULTS


def test_faults_that_are_spread_out_are_borne_for_ever() -> None:
    clock = FakeClock()
    meter = FaultMeter(clock.monotonic)
    for _ in range(10 * MAX_FAULTS):
        assert not meter.count("malformed")
        clock.advance(1.01 * WINDOW_S / (MAX_FAULTS - 1))
    assert meter.total == 10 * MAX_FAULTS


def test_a_burst_after_a_long_peace_is_still_too_many() -> None:
    clock = FakeClock()
    meter = FaultMeter(clock.monotonic)
    for _ in range(MAX_FAULTS - 1):
        assert not meter.count("malformed")
    clock.advance(WINDOW_S + 1.0)
    assert not meter.count("malformed"), "the ones before are forgotten"
    assert [meter.count("malformed") for _ in range(MAX_FAULTS - 1)][-1]


@pytest.mark.parametrize("kind", sorted(NOT_FAULTS))
def test_what_is_only_untidy_is_no_fault(kind: str) -> None:
    meter = FaultMeter(FakeClock().monotonic)
    assert not any(meter.count(kind) for _ in range(10 * MAX_FAULTS))
    assert meter.total == 0
