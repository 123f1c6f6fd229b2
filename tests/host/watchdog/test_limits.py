"""Limits: which samples are reported, which acted upon."""

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from host.watchdog.limits import Breach, Judge, Kind, describe
from host.watchdog.sample import Sample
from protocol.manifest import Act, Limits

MIB = 1024 * 1024
LIMITS = Limits(memory_bytes=100 * MIB, cpu_cores=1.0, threads=10, descriptors=100, children=10)


def sample(**figures: Any) -> Sample:
    quiet: dict[str, Any] = {
        "at_s": 0.0,
        "rss_bytes": MIB,
        "pss_bytes": None,
        "pss_age_s": None,
        "cpu_cores": 0.0,
        "threads": 1,
        "descriptors": 3,
        "children": 0,
        "written_bytes": 0,
        "tree": (),
    }
    return Sample(**(quiet | figures))


def memory(mebibytes: float, *, pss: float | None = None, age_s: float = 0.0) -> Sample:
    return sample(
        rss_bytes=int(mebibytes * MIB),
        pss_bytes=None if pss is None else int(pss * MIB),
        pss_age_s=None if pss is None else age_s,
    )


def levels(judge: Judge, *samples: Sample) -> list[list[str]]:
    return [[breach.level for breach in judge.judge(one)] for one in samples]


def test_a_quiet_sample_is_no_breach() -> None:
    assert Judge(LIMITS).judge(sample()) == []


def test_crossing_80_percent_is_reported_once() -> None:
    assert levels(Judge(LIMITS), memory(80), memory(81), memory(82)) == [[], ["soft"], []]


def test_a_soft_breach_is_reported_again_only_after_the_figure_fell_below_70_percent() -> None:
    assert levels(Judge(LIMITS), memory(85), memory(71), memory(85), memory(69), memory(85)) == [
        ["soft"],
        [],
        [],
        [],
        ["soft"],
    ]


def test_three_samples_running_over_the_limit_bring_the_act() -> None:
    judge = Judge(LIMITS)
    assert levels(judge, memory(110), memory(110)) == [["soft"], []]
    (breach,) = judge.judge(memory(111))
    assert breach == Breach(Kind.MEMORY, "over", 111 * MIB, 100 * MIB, "RSS", "restart", 3)


def test_a_sample_within_the_limit_begins_the_count_anew() -> None:
    judge = Judge(LIMITS)
    assert levels(judge, *[memory(110), memory(110), memory(99), memory(110), memory(110)]) == [
        ["soft"],
        [],
        [],
        [],
        [],
    ]
    assert levels(judge, memory(110)) == [["over"]]


def test_an_act_is_not_repeated_until_the_figure_was_back_within_its_limit() -> None:
    judge = Judge(LIMITS)
    over = [memory(110)] * 3
    assert levels(judge, *over, *over)[3:] == [[], [], []]
    assert levels(judge, memory(100), *over) == [[], [], [], ["over"]]


def test_memory_over_150_percent_is_acted_upon_at_once() -> None:
    assert levels(Judge(LIMITS), memory(150)) == [["soft"]]
    (breach,) = Judge(LIMITS).judge(memory(151))
    assert (breach.level, breach.act, breach.samples) == ("over", "restart", 1)


def test_only_memory_is_acted_upon_at_once() -> None:
    assert levels(Judge(LIMITS), sample(threads=100), sample(threads=100)) == [["soft"], []]


def test_a_verdict_on_memory_rests_on_pss_where_it_is_fresh() -> None:
    assert levels(Judge(LIMITS), *[memory(200, pss=50)] * 4) == [[], [], [], []]
    (breach,) = Judge(LIMITS).judge(memory(200, pss=160, age_s=1.9))
    assert (breach.measured, breach.basis) == (160 * MIB, "PSS")


def test_an_old_pss_neither_convicts_nor_lets_rss_convict() -> None:
    assert levels(Judge(LIMITS), *[memory(200, pss=160, age_s=2.0)] * 4) == [[], [], [], []]


def test_a_low_rss_acquits_although_the_pss_is_old() -> None:
    judge = Judge(LIMITS)
    over = memory(110, pss=105)
    assert levels(judge, over, over, memory(60, pss=50, age_s=9.0), over, over) == [
        ["soft"],
        [],
        [],
        ["soft"],
        [],
    ]


def test_cpu_has_10_percent_of_tolerance() -> None:
    judge = Judge(LIMITS)
    assert levels(judge, *[sample(cpu_cores=1.09)] * 4) == [["soft"], [], [], []]
    assert levels(judge, *[sample(cpu_cores=1.11)] * 3) == [[], [], ["over"]]


def test_an_unknown_cpu_rate_is_no_verdict() -> None:
    judge = Judge(LIMITS)
    busy, unknown = sample(cpu_cores=2.0), sample(cpu_cores=None)
    assert levels(judge, busy, unknown, busy, unknown, busy) == [["soft"], [], [], [], ["over"]]


@pytest.mark.parametrize("figure", ["threads", "descriptors", "children"])
def test_counts_are_limited(figure: str) -> None:
    judge = Judge(LIMITS)
    judge.judge(sample(**{figure: 101}))
    judge.judge(sample(**{figure: 101}))
    (breach,) = judge.judge(sample(**{figure: 101}))
    assert (breach.kind, breach.basis, breach.act) == (figure, "count", "warn")


def test_each_limit_has_its_own_act() -> None:
    judge = Judge(Limits(memory_bytes=MIB, threads=1, on_memory="stop", on_cpu="warn", on_other="restart"))
    everything = sample(rss_bytes=9 * MIB, cpu_cores=2.0, threads=2)
    found = [breach for _ in range(3) for breach in judge.judge(everything) if breach.act is not None]
    assert {breach.kind: breach.act for breach in found} == {
        Kind.MEMORY: "stop",
        Kind.CPU: "warn",
        Kind.THREADS: "restart",
    }


def test_a_limit_of_nothing_is_broken_by_the_first_and_rearmed_by_none() -> None:
    judge = Judge(Limits(children=0))
    none, one = sample(children=0), sample(children=1)
    assert levels(judge, none, one, none, one) == [[], ["soft"], [], ["soft"]]


@pytest.mark.parametrize(
    "near",
    [
        memory(81),
        memory(500, pss=81),
        sample(cpu_cores=0.81),
        sample(threads=9),
        sample(descriptors=81),
        sample(children=9),
    ],
)
def test_any_figure_over_80_percent_is_near_its_limit(near: Sample) -> None:
    assert Judge(LIMITS).near_limit(near)


@pytest.mark.parametrize("far", [memory(80), memory(500, pss=79), sample(cpu_cores=None), sample(threads=8)])
def test_up_to_80_percent_is_not_near(far: Sample) -> None:
    assert not Judge(LIMITS).near_limit(far)


def at_shares(rss: float, pss: float | None, age_s: float, cpu: float | None, threads: float) -> Sample:
    return sample(
        rss_bytes=int(rss * LIMITS.memory_bytes),
        pss_bytes=None if pss is None else int(pss * LIMITS.memory_bytes),
        pss_age_s=None if pss is None else age_s,
        cpu_cores=cpu,
        threads=int(threads * LIMITS.threads),
    )


SHARES = st.floats(0.0, 1.6)
SAMPLES = st.builds(at_shares, SHARES, st.none() | SHARES, st.floats(0.0, 4.0), st.none() | SHARES, SHARES)


def never(*_: object) -> bool:
    return False


@given(samples=st.lists(SAMPLES, max_size=12))
def test_a_glance_at_a_low_sample_finds_what_the_gauges_find(samples: list[Sample]) -> None:
    judge, thorough = Judge(LIMITS), Judge(LIMITS)
    found = [(judge.judge(one), judge.near_limit(one)) for one in samples]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Judge, "_is_low", never)
        assert found == [(thorough.judge(one), thorough.near_limit(one)) for one in samples]


def test_the_soft_memory_limit_is_80_percent() -> None:
    assert Judge(LIMITS).soft_memory_bytes == 80 * MIB


@pytest.mark.parametrize(
    ("breach", "sentence"),
    [
        (
            Breach(Kind.MEMORY, "over", 130 * MIB, 128 * MIB, "PSS", "restart", 3),
            "memory 130 MiB (PSS) is over its limit of 128 MiB for 3 samples; the host restarts it",
        ),
        (
            Breach(Kind.MEMORY, "over", 200 * MIB, 128 * MIB, "RSS", "stop", 1),
            "memory 200 MiB (RSS) is over its limit of 128 MiB by more than half; the host stops it",
        ),
        (
            Breach(Kind.CPU, "over", 1.6, 1.0, "cores", "throttle", 3),
            "CPU use 1.60 cores is over its limit of 1.00 cores for 3 samples; the host throttles it",
        ),
        (
            Breach(Kind.THREADS, "over", 300, 256, "count", "warn", 3),
            "thread count 300 is over its limit of 256 for 3 samples; the host only warns",
        ),
        (
            Breach(Kind.CHILDREN, "soft", 30, 32, "count", None, 0),
            "child process count 30 is over 80% of its limit of 32",
        ),
    ],
)
def test_a_breach_is_described_in_one_sentence(breach: Breach, sentence: str) -> None:
    assert describe(breach) == sentence


@pytest.mark.parametrize("act", ["warn", "throttle", "restart", "stop"])
def test_every_act_says_what_the_host_does(act: Act) -> None:
    assert "; the host " in describe(Breach(Kind.DESCRIPTORS, "over", 2, 1, "count", act, 3))
