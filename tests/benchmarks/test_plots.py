"""Plots are well-formed SVG that says what it shows."""

from xml.etree import ElementTree

import pytest

from benchmarks import rows
from benchmarks.contestants import CONTESTANTS, FloorAsyncio, Plughost
from benchmarks.outcome import Outcome
from benchmarks.plots import to_svg
from benchmarks.rows import GROUPS, MEASUREMENTS

SVG = "{http://www.w3.org/2000/svg}"
CALLS = GROUPS[0]


def drawn(**samples: list[float]) -> ElementTree.Element:
    made = Outcome(CONTESTANTS, MEASUREMENTS)
    for name, taken in samples.items():
        for number, sample in enumerate(taken):
            made.add(name.replace("_", "-"), rows.SEQUENTIAL_P50, number, sample)
    return ElementTree.fromstring(to_svg(made, CALLS))


def test_a_panel_names_its_row_and_has_a_dot_for_everybody_who_was_measured():
    svg = drawn(plughost=[80.0, 90.0, 100.0], floor_asyncio=[40.0])
    texts = [text.text for text in svg.iter(f"{SVG}text")]
    assert "sequential p50, µs" in texts
    assert {Plughost.name, FloorAsyncio.name} <= {*texts}
    assert len([*svg.iter(f"{SVG}circle")]) == 2


@pytest.mark.parametrize("least", [1e-3, 1.0, 99.0, 1e6])
def test_everything_lies_within_the_picture_and_less_lies_to_the_left(least: float):
    svg = drawn(plughost=[least], floor_asyncio=[least * 1.5, least * 1000])
    width, height = float(svg.attrib["width"]), float(svg.attrib["height"])
    places = [(float(dot.attrib["cx"]), float(dot.attrib["cy"])) for dot in svg.iter(f"{SVG}circle")]
    assert all(0 < x < width and 0 < y < height for x, y in places)
    assert places[0][0] < places[1][0]
    ends = [float(line.attrib[end]) for line in svg.iter(f"{SVG}line") for end in ("x1", "x2")]
    assert all(0 < x < width for x in ends)


def test_nobody_measured_is_an_empty_picture():
    assert not [*drawn().iter(f"{SVG}circle")]
