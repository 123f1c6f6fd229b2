"""Bars are judged by medians, and by ratios of what was measured in the same round."""

import dataclasses

import pytest

from benchmarks import rows
from benchmarks.bars import BARS, Verdict, judge, needed
from benchmarks.contestants import CONTESTANTS, FloorAsyncio, GoNetRpc, Plughost
from benchmarks.outcome import Outcome
from benchmarks.report import bar_lines
from benchmarks.rows import MEASUREMENTS, Row


def outcome(**cells: list[float]) -> Outcome:
    """Build a run of everybody from samples of Plughost's rows, by name."""
    made = Outcome(CONTESTANTS, MEASUREMENTS)
    for name, samples in cells.items():
        row = next(row for one in MEASUREMENTS for row in one.rows if row.name == name)
        fill(made, Plughost.name, row, samples)
    return made


def fill(made: Outcome, contestant: str, row: Row, samples: list[float]) -> None:
    for number, sample in enumerate(samples):
        made.add(contestant, row, number, sample)


def verdict(made: Outcome, name: str) -> Verdict:
    return next(one for one in judge(made) if one.bar.name == name)


def test_an_absolute_bar_is_held_by_the_median():
    met = verdict(outcome(payload_1m=[100.0, 210.0, 900.0]), "1 MB echo, each way")
    assert (met.figure, met.state, met.stretch_state) == (210.0, "ok", "short")


@pytest.mark.parametrize(("ms", "state"), [(600.0, "ok"), (600.1, "short")])
def test_where_less_is_better_a_bar_is_the_most_that_is_allowed(ms: float, state: str):
    assert verdict(outcome(start_100=[ms]), "100 plugins started, all answered").state == state


def test_a_ratio_is_the_median_of_the_ratios_within_rounds():
    made = outcome(sequential_p50=[10.0, 200.0, 11.0])
    # The machine was slow in the second round, for both; the third has no sample of the floor.
    fill(made, FloorAsyncio.name, rows.SEQUENTIAL_P50, [10.0, 100.0])
    met = verdict(made, "sequential call, asyncio / floor-asyncio")
    assert (met.figure, met.state) == (1.5, "short")


def test_a_row_may_be_held_against_another_row_of_the_same_contestant():
    made = outcome(call_back_p50=[12.0], sequential_p50=[10.0])
    met = verdict(made, "plugin to host call / the call")
    assert met.figure == pytest.approx(1.2)
    assert (met.state, met.stretch_state) == ("ok", "short")


def test_a_bar_against_somebody_who_was_left_out_is_absent_with_the_reason():
    made = outcome(pipelined_64=[1e5])
    made.left_out[GoNetRpc.name] = "there is no Go compiler"
    met = verdict(made, "64 in flight / go-plugin net/rpc")
    assert (met.figure, met.state) == (None, "absent")
    assert met.why_absent == "go-netrpc was left out: there is no Go compiler"


def test_bars_of_rows_that_were_not_asked_for_are_not_told():
    made = dataclasses.replace(outcome(), measurements=MEASUREMENTS[:1])
    assert {row.name for one in judge(made) for _, row in one.bar.cells} == {
        "sequential_p50",
        "sequential_p99",
    }


def test_every_bar_is_one_line_and_needs_somebody_who_is_measured():
    lines = bar_lines(judge(outcome()))
    assert len(lines) == len(BARS) == len({bar.name for bar in BARS})
    for bar in BARS:
        for contestant, row in bar.cells:
            assert contestant in CONTESTANTS
            assert any(needed(contestant, one) for one in MEASUREMENTS if row in one.rows)
