"""A recording of a real host in the monitor: keys go through its time, and its pictures stay the same."""

import pytest
from tui.driven import SIZES
from tui.hero import MOMENT_S, paint, replayed
from tui.snapshots import compare

from host.tui.chrome import HeaderLine


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("key", ["1", "2", "3"])
async def test_the_recording_looks_as_it_did(key: str, size: tuple[int, int]):
    async with replayed(MOMENT_S, size) as (app, _, pilot):
        await pilot.press(key)
        await paint(app, pilot)
        compare(f"replay-{key}-{size[0]}x{size[1]}", app.export_screenshot())


async def test_keys_go_through_its_time_and_the_bar_says_where_it_is():
    async with replayed(1.0, (120, 36)) as (app, played, pilot):
        bar = app.screen.query_one(HeaderLine)
        assert "replay 1s of 1" in bar.text
        assert "‖ held" in bar.text
        await pilot.press("full_stop")
        await paint(app, pilot)
        assert played.at_s == 11.0
        assert "replay 11s of" in bar.text
        await pilot.press("comma", "plus", "p")
        await paint(app, pilot)
        assert played.at_s == 1.0
        assert played.speed == 2.0
        assert not played.paused
        assert "▶ 2×" in bar.text
        await pilot.press("full_stop", "full_stop")
        await paint(app, pilot)
        assert "■ end" in bar.text
        await pilot.press("0", "underscore")
        assert (played.at_s, played.speed) == (0.0, 1.0)


async def test_the_plugin_that_crashed_is_seen_to_come_back():
    async with replayed(MOMENT_S, (120, 36)) as (app, played, pilot):
        assert app.model.plugins["crasher"].state != "active"
        played.seek(played.length_s)
        await paint(app, pilot)
        assert app.model.plugins["crasher"].state == "active"
        assert app.model.plugins["crasher"].restarts == 1


async def test_what_would_change_something_is_refused_because_it_is_a_recording():
    async with replayed(MOMENT_S, (120, 36)) as (app, _, pilot):
        await pilot.press("x")
        await paint(app, pilot)
        assert "This is a recording" in app.said[-1]
        assert "--read-only" not in app.said[-1]
