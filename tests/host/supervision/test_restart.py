"""Restart policy: delays, quarantine, and what does not count."""

import math
import random

import hypothesis.strategies as st
import pytest
from hypothesis import given

from host.clock import FakeClock
from host.supervision.restart import (
    BACKOFF_S,
    CRASH_WINDOW_S,
    HOST_PEACE_S,
    JITTER,
    LIMIT_WINDOW_S,
    Cause,
    GiveUp,
    Outcome,
    Quarantine,
    RestartPolicy,
    Retry,
    Stay,
)

CRASHES = [Cause.CRASHED, Cause.UNRESPONSIVE, Cause.LOAD_FAILED, Cause.PROTOCOL_FAULTS]


class Plugin:
    """A plugin that ends again and again, with the policy that watches it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.policy = RestartPolicy(self.clock, random.Random(1))

    def end(
        self, cause: Cause, *, after_s: float = 0.0, healthy_for_s: float = 0.0, detail: str = ""
    ) -> Outcome:
        self.clock.advance(after_s)
        return self.policy.ended(cause, healthy_for_s=healthy_for_s, detail=detail)


def near(outcome: Outcome, seconds: float) -> bool:
    return isinstance(outcome, Retry) and abs(outcome.after_s - seconds) <= seconds * JITTER + 1e-9


def test_delays_double_up_to_32_s_and_then_stay_at_60() -> None:
    plugin = Plugin()
    outcomes = [plugin.end(Cause.CRASHED, after_s=CRASH_WINDOW_S) for _ in range(9)]
    assert [
        near(outcome, delay_s) for outcome, delay_s in zip(outcomes, [*BACKOFF_S, 60.0, 60.0], strict=True)
    ] == [True] * 9
    assert [outcome.attempt for outcome in outcomes if isinstance(outcome, Retry)] == list(range(1, 10))


def test_delays_are_spread_by_a_fifth() -> None:
    delays: set[float] = set()
    for seed in range(200):
        outcome = RestartPolicy(FakeClock(), random.Random(seed)).ended(Cause.CRASHED, healthy_for_s=0)
        assert isinstance(outcome, Retry)
        delays.add(outcome.after_s)
    assert 0.8 <= min(delays) < 0.85
    assert 1.15 < max(delays) <= 1.2


def test_60_s_of_health_forget_the_back_off() -> None:
    plugin = Plugin()
    plugin.end(Cause.CRASHED)
    assert near(plugin.end(Cause.CRASHED, after_s=59, healthy_for_s=59.9), 2.0)
    assert near(plugin.end(Cause.CRASHED, after_s=60, healthy_for_s=60.0), 1.0)


@pytest.mark.parametrize("cause", CRASHES)
def test_five_crashes_in_five_minutes_are_quarantined(cause: Cause) -> None:
    plugin = Plugin()
    assert all(isinstance(plugin.end(cause, after_s=70), Retry) for _ in range(4))
    assert isinstance(plugin.end(cause, after_s=70), Quarantine)


def test_a_crash_counts_for_five_minutes() -> None:
    plugin = Plugin()
    assert all(isinstance(plugin.end(Cause.CRASHED, after_s=75), Retry) for _ in range(50))


def test_a_quarantine_says_what_happened_and_what_came_last() -> None:
    plugin = Plugin()
    for cause in CRASHES:
        plugin.end(cause)
    outcome = plugin.end(Cause.LOAD_FAILED, detail="exit code 3")
    assert outcome == Quarantine(
        "it failed 5 times in 5 minutes (crashed 1, unresponsive 1, load failed 2, protocol faults 1);"
        " the last one: exit code 3"
    )


def test_three_limit_kills_in_an_hour_are_quarantined() -> None:
    plugin = Plugin()
    assert near(plugin.end(Cause.LIMIT), 1.0)
    assert near(plugin.end(Cause.LIMIT, after_s=1_790), 2.0)
    assert plugin.end(Cause.LIMIT, after_s=1_790) == Quarantine("it broke its limits 3 times in 60 minutes")


def test_a_limit_kill_counts_for_an_hour() -> None:
    plugin = Plugin()
    assert all(isinstance(plugin.end(Cause.LIMIT, after_s=LIMIT_WINDOW_S / 2), Retry) for _ in range(10))


def test_limit_kills_are_not_crashes() -> None:
    plugin = Plugin()
    for cause in [Cause.CRASHED, Cause.LIMIT, Cause.CRASHED, Cause.CRASHED, Cause.LIMIT, Cause.CRASHED]:
        assert isinstance(plugin.end(cause), Retry)


def test_a_refused_load_is_never_tried_again() -> None:
    assert Plugin().end(Cause.REFUSED, detail="token: missing") == GiveUp("token: missing")
    outcome = Plugin().end(Cause.REFUSED)
    assert isinstance(outcome, GiveUp)
    assert outcome.reason


def test_a_stopped_plugin_stays_stopped() -> None:
    assert Plugin().end(Cause.STOPPED) == Stay()


def test_what_the_host_caused_is_retried_at_once() -> None:
    plugin = Plugin()
    assert plugin.end(Cause.HOST) == Retry(0.0, 0)
    assert plugin.end(Cause.HOST, after_s=HOST_PEACE_S) == Retry(0.0, 0)


def test_what_the_host_causes_again_and_again_has_a_back_off_of_its_own() -> None:
    plugin = Plugin()
    after_s = 0.0
    for delay_s in [0.0, *BACKOFF_S, 60.0, 60.0]:
        # Each end comes half a minute after the restart before it.
        outcome = plugin.end(Cause.HOST, after_s=after_s + 30.0)
        assert near(outcome, delay_s)
        assert isinstance(outcome, Retry)
        after_s = outcome.after_s


def test_what_the_host_caused_counts_neither_as_restart_nor_towards_quarantine() -> None:
    plugin = Plugin()
    assert {outcome.attempt for _ in range(50) if isinstance(outcome := plugin.end(Cause.HOST), Retry)} == {0}
    assert plugin.policy.recent_restarts() == 0
    assert near(plugin.end(Cause.CRASHED), 1.0)


@pytest.mark.parametrize(("after_s", "healthy_for_s"), [(62.5, 0.0), (1.0, 60.0)])
def test_a_minute_of_peace_or_of_health_forgets_what_the_host_caused(
    after_s: float, healthy_for_s: float
) -> None:
    plugin = Plugin()
    plugin.end(Cause.HOST)
    assert near(plugin.end(Cause.HOST), 1.0)
    assert plugin.end(Cause.HOST, after_s=after_s, healthy_for_s=healthy_for_s) == Retry(0.0, 0)


def test_forgetting_begins_anew() -> None:
    plugin = Plugin()
    for _ in range(5):
        plugin.end(Cause.CRASHED)
    for _ in range(3):
        plugin.end(Cause.LIMIT)
        plugin.end(Cause.HOST)
    plugin.policy.forget()
    assert plugin.end(Cause.HOST) == Retry(0.0, 0)
    assert plugin.policy.recent_restarts() == 0
    assert near(plugin.end(Cause.CRASHED), 1.0)
    assert near(plugin.end(Cause.LIMIT), 2.0)


def test_recent_restarts_are_those_of_the_window() -> None:
    plugin = Plugin()
    for _ in range(4):
        plugin.end(Cause.CRASHED, after_s=200)
    assert plugin.policy.recent_restarts() == 3
    assert plugin.policy.recent_restarts(window_s=100) == 1


@given(
    ends=st.lists(
        st.tuples(st.sampled_from(Cause), st.floats(0.0, 400.0), st.floats(0.0, 120.0)), max_size=60
    ),
    seed=st.integers(0, 1_000),
)
def test_any_history_keeps_to_the_bounds(ends: list[tuple[Cause, float, float]], seed: int) -> None:
    clock = FakeClock()
    policy = RestartPolicy(clock, random.Random(seed))
    crashes: list[float] = []
    limit_kills: list[float] = []
    host_due_s = -math.inf
    healthy_since = True
    for cause, after_s, healthy_for_s in ends:
        clock.advance(after_s)
        now_s = clock.monotonic()
        outcome = policy.ended(cause, healthy_for_s=healthy_for_s)
        healthy_since = healthy_since or healthy_for_s >= 60.0
        if cause in CRASHES:
            crashes.append(now_s)
        if cause is Cause.LIMIT:
            limit_kills.append(now_s)
        too_often = (cause in CRASHES and sum(now_s - at_s < CRASH_WINDOW_S for at_s in crashes) >= 5) or (
            cause is Cause.LIMIT and sum(now_s - at_s < LIMIT_WINDOW_S for at_s in limit_kills) >= 3
        )
        assert isinstance(outcome, Quarantine) == too_often
        assert isinstance(outcome, Stay) == (cause is Cause.STOPPED)
        assert isinstance(outcome, GiveUp) == (cause is Cause.REFUSED)
        if isinstance(outcome, Retry):
            assert outcome.attempt >= 0
            if cause is Cause.HOST:
                at_once = healthy_since or now_s - host_due_s >= HOST_PEACE_S
                assert outcome.attempt == 0
                assert outcome.after_s == 0.0 if at_once else 0.8 <= outcome.after_s <= 72.0
                host_due_s, healthy_since = now_s + outcome.after_s, False
                continue
            assert 0.8 <= outcome.after_s <= 72.0
            if healthy_for_s >= 60.0:
                assert outcome.attempt == 1
