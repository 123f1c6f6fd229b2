"""Rates: what counters say of the last while, and how little is kept for it."""

from collections import deque
from collections.abc import Sequence

from host.operations.rates import NO_RATE, STEP_S, WINDOW_S, Rates
from host.rpc.meter import CallMeter


class Plugin:
    """A plugin that is called, and sampled each second."""

    def __init__(self, rates: Rates, session: str = "one") -> None:
        self.rates = rates
        self.session = session
        self.at_s = 100.0
        self.asked = 0
        self.meter = CallMeter(deque(maxlen=1), {}, {})

    def second(
        self, calls: int = 0, seconds: float = 0.001, code: int = 0, memory: int | None = None
    ) -> None:
        for _ in range(calls):
            self.meter.record("m", 0.0, seconds, code)
        self.at_s += 1.0
        self.rates.sample(
            "p", self.session, self.at_s, self.meter.total, self.meter.errors, memory, self._histogram
        )

    def _histogram(self) -> Sequence[int]:
        self.asked += 1
        return self.meter.buckets()


def test_a_steady_load_has_its_rate_its_latencies_and_its_share_of_errors():
    rates = Rates()
    plugin = Plugin(rates)
    for _ in range(20):
        plugin.second(9)
        plugin.second(1, code=-1)
    rate = rates.of("p")
    assert 4.0 <= rate.calls_per_s <= 6.0
    assert rate.errors_pct == 10.0
    assert rate.p50_s is not None
    assert 0.0007 < rate.p50_s < 0.0014
    assert rates.calls == 200
    assert rates.errors == 20


def test_calls_of_the_first_second_count():
    rates = Rates()
    plugin = Plugin(rates)
    plugin.second(7)
    assert rates.of("p").calls == 7
    assert rates.of("p").calls_per_s == 7.0


def test_what_was_longer_ago_than_the_window_does_not_count():
    rates = Rates()
    plugin = Plugin(rates)
    plugin.second(100, seconds=5.0)
    for _ in range(int(WINDOW_S + STEP_S) + 1):
        plugin.second(1)
    rate = rates.of("p")
    assert rate.calls <= WINDOW_S + 1
    assert rate.p99_s is not None
    assert rate.p99_s < 0.01


def test_a_plugin_that_rests_has_no_rate_and_its_histogram_is_not_read():
    rates = Rates()
    plugin = Plugin(rates)
    plugin.second(5)
    for _ in range(int(WINDOW_S) + 2):
        plugin.second()
    assert rates.of("p") == NO_RATE
    asked = plugin.asked
    for _ in range(100):
        plugin.second()
    assert plugin.asked == asked
    plugin.second(3)
    assert rates.of("p").calls == 3


def test_little_is_kept_of_a_plugin_however_long_it_works():
    rates = Rates()
    plugin = Plugin(rates)
    for _ in range(2_000):
        plugin.second(1, memory=1_000)
    past = rates._past["p"]
    assert len(past.counts) <= WINDOW_S + 2
    assert len(past.histograms) <= WINDOW_S / STEP_S + 2
    assert len(rates.memory("p")) == 60


def test_a_new_session_begins_anew_and_a_plugin_that_is_gone_is_forgotten():
    rates = Rates()
    Plugin(rates).second(5)
    Plugin(rates, "two").second(2)
    assert rates.of("p").calls == 2
    assert rates.calls == 7
    rates.keep_only(set())
    assert rates.of("p") == NO_RATE
