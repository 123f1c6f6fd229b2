"""How figures are written: short, and in a width that does not change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from host.facade.figures import age, clock, count, day, many, percent, rate, ratio, size, spark, took
from host.tui.fit import fit


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (percent(None), "–"),
        (percent(0.0), "0"),
        (percent(0.004), "0.4"),
        (percent(0.0001), "<0.1"),
        (percent(0.234), "23"),
        (percent(3.4), "340"),
        (ratio(9.96), "10"),
        (size(None), "–"),
        (size(0), "0B"),
        (size(512), "512B"),
        (size(9_728), "9.5K"),
        (size(81 * 2**20), "81M"),
        (size(1_300_000_000), "1.2G"),
        (size(1023), "1.0K"),
        (rate(None), "–"),
        (rate(0.01), "0"),
        (rate(0.44), "0.4"),
        (rate(118.4), "118"),
        (rate(22_100), "22k"),
        (count(None), "–"),
        (count(9_999), "9999"),
        (count(10_000), "10k"),
        (count(3_400_000), "3.4M"),
        (took(None), "–"),
        (took(0.00008), "80µs"),
        (took(0.0012), "1.2ms"),
        (took(0.34), "340ms"),
        (took(2.1), "2.1s"),
        (took(190), "3m10s"),
        (age(None), "–"),
        (age(-3), "0s"),
        (age(59.9), "59s"),
        (age(252), "4m12s"),
        (age(11_220), "3h07m"),
        (age(187_200), "2d04h"),
        (age(86_400 * 340), "340d"),
        (many(1, "line"), "1 line"),
        (many(2, "try", "tries"), "2 tries"),
        (many(1_200, "line"), "1,200 lines"),
        (clock(1.5), "00:00:01"),
        (clock(1.5, millis=True), "00:00:01.500"),
        (day(0), "1970-01-01 00:00:00"),
    ],
)
def test_a_figure_is_written(written: str, text: str):
    assert written == text


@given(st.floats(0, 1e13))
def test_figures_keep_to_their_cells(value: float):
    assert len(size(value)) <= 5
    assert len(count(int(value))) <= 5
    assert len(rate(value)) <= 5
    assert len(took(min(value, 86_400 * 999))) <= 6


@given(st.text(), st.integers(0, 40), st.booleans())
def test_a_text_fills_its_cells_exactly(text: str, width: int, right: bool):
    text = "".join(char for char in text if char.isprintable())
    assert cell_len(fit(text, width, right=right)) == width


def test_bars_show_the_newest_at_the_right_and_gaps_where_nothing_is_known():
    assert spark([1, None, 8], 5) == "  ▁ █"
    assert spark([0, 0], 2) == "▁▁"
    assert spark([1, 2, 3, 4], 2) == "▆█"
    assert spark([5], 1, top=10) == "▄"
    assert spark([], 3) == "   "
