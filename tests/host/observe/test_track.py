"""One plugin's track, and the axis: what is worth a record, and in which order."""

import pytest

from host.ids import PluginId
from host.observe import entries
from host.observe.axis import JUMP_S, Axis
from host.observe.entries import KEPT, Call, LogLine
from host.observe.track import STILL_S, Track
from host.watchdog.sample import Sample


class Clocks:
    def __init__(self) -> None:
        self.wall_s = 1_000_000.0
        self.even_s = 50.0

    def axis(self) -> Axis:
        return Axis(lambda: self.wall_s, lambda: self.even_s)

    def pass_(self, seconds: float) -> None:
        self.wall_s += seconds
        self.even_s += seconds


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


def test_the_axis_is_even_follows_forwards_and_never_goes_back(clocks: Clocks) -> None:
    axis = clocks.axis()
    first = axis.now()
    clocks.pass_(2.0)
    assert axis.now() == first + 2.0
    clocks.wall_s += 3_600.0  # the machine was suspended
    axis.follow()
    assert axis.now() == clocks.wall_s
    clocks.wall_s -= 7_200.0
    axis.follow()
    later = axis.now()
    assert later == clocks.wall_s + 7_200.0
    clocks.wall_s += 7_200.0 + JUMP_S / 2
    axis.follow()
    assert axis.now() == later


def test_a_later_host_goes_on_behind_an_earlier_one_though_the_clock_was_set_back(clocks: Clocks) -> None:
    axis = clocks.axis()
    axis.begin_after(clocks.wall_s + 500.0)
    assert axis.now() == clocks.wall_s + 500.0
    axis.begin_after(1.0)
    assert axis.now() == clocks.wall_s + 500.0


def test_samples_are_recorded_where_a_figure_moves_and_else_once_a_minute(clocks: Clocks) -> None:
    woken: list[bool] = []
    track = Track(PluginId("one"), clocks.axis(), lambda _, at_once: woken.append(at_once))
    plain = Sample(0.0, 20_000_000, None, None, 0.1, 2, 8, 0, 4096, ())
    track.sample(plain, None)
    for _ in range(20):
        clocks.pass_(1.0)
        track.sample(plain, None)
    assert len(track.unwritten().samples) == 1
    assert woken == [False]
    clocks.pass_(STILL_S)
    track.sample(plain, None)
    track.sample(Sample(0.0, 30_000_000, None, None, 0.1, 2, 8, 0, 4096, ()), None)
    track.sample(Sample(0.0, 30_000_000, None, None, 0.1, 2, 8, 0, 4096, ()), 0.5)
    assert [one.rss_bytes for one in track.unwritten().samples] == [
        20_000_000,
        20_000_000,
        30_000_000,
        30_000_000,
    ]


def test_where_memory_moves_it_is_recorded_when_that_began(clocks: Clocks) -> None:
    axis = clocks.axis()
    track = Track(PluginId("one"), axis, lambda _track, _at_once: None)
    small = Sample(0.0, 20_000_000, None, None, 0.1, 2, 8, 0, 4096, ())
    for _ in range(19):
        track.sample(small, None)
        clocks.pass_(1.0)
    track.sample(Sample(0.0, 300_000_000, None, None, 0.1, 2, 8, 0, 4096, ()), None)
    now_s = axis.now()
    clocks.pass_(1.0)
    track.sample(Sample(0.0, 400_000_000, None, None, 0.1, 2, 8, 0, 4096, ()), None)
    samples = track.unwritten().samples
    assert [(one.at_s - now_s, one.rss_bytes) for one in samples] == [
        (-19.0, 20_000_000),
        (-1.0, 20_000_000),
        (0.0, 300_000_000),
        (1.0, 400_000_000),
    ]


def test_every_ring_is_bounded_and_what_could_not_be_written_comes_back_in_order(clocks: Clocks) -> None:
    track = Track(PluginId("one"), clocks.axis(), lambda _track, _at_once: None)
    for number in range(KEPT + 5):
        track.calls.append((float(number), True, "m", 0.1, 0))
        track.line(20, f"{number}", {}, source="log")
    batch = track.take()
    assert not track.unwritten()
    track.calls.append((1e6, True, "later", 0.1, 0))
    track.line(20, "later", {}, source="log")
    track.give_back(batch)
    kept = track.unwritten()
    assert (len(kept.calls), len(kept.lines)) == (KEPT, KEPT)
    assert (kept.calls[-1].method, kept.lines[-1].text) == ("later", "later")
    assert kept.lines[-2].text == f"{KEPT + 4}"


def test_lines_that_the_log_file_cannot_hold_are_counted_and_said_in_it(clocks: Clocks) -> None:
    track = Track(PluginId("one"), clocks.axis(), lambda _track, _at_once: None)
    track.keeps_log = True
    for _ in range(200):
        track.line(20, "x" * 16_000, {}, source="log")
    assert track.dropped > 100
    last = track.take().log[-1]
    assert (last.text, last.fields) == ("lines were left out of this file", {"lines": track.dropped})
    track.line(20, "short", {}, source="log")
    assert [one.text for one in track.take().log] == ["short"]


def test_entries_are_read_as_they_were_written_and_torn_lines_are_passed_over() -> None:
    calls = [Call(1.5, True, "add", 0.25, 0), Call(2.0, False, "host.info", 0.5, -32601)]
    text = entries.encode(calls) + b'[3.0,true,"to\n' + b"\xff\n" + b"[" * 5_000 + b"\n"
    assert entries.decode(text.splitlines(), Call) == calls
    lines = [LogLine(1.0, 20, "log", "a\nb")]
    assert entries.decode(entries.encode(lines).splitlines(), LogLine) == lines
