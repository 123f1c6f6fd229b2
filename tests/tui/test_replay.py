"""A recording of a real host in the monitor: keys go through its time, and its pictures stay the same."""

import anyio
import pytest
from tui.driven import SIZES
from tui.hero import DEMO, MOMENT_S, paint, replayed
from tui.snapshots import compare

from host.control.recording import read_recording
from host.facade.figures import BARS, age
from host.tui.chrome import HeaderLine
from host.tui.inked_lines import InkedLines
from host.tui.overview import Overview


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


async def test_every_time_is_the_recordings_own_and_stands_while_it_is_held():
    async with replayed(MOMENT_S, (120, 36)) as (app, played, pilot):
        began_s = read_recording(DEMO)[0].began_at_s
        assert app.clock.wall() == began_s + MOMENT_S
        host = app.model.host
        assert host is not None
        up = f"up {age(began_s + MOMENT_S - host.started_at_s)} "
        assert up in app.screen.query_one(HeaderLine).text
        await pilot.press("2")
        await paint(app, pilot)
        assert any(bar in app.screen.query_one("#histogram", InkedLines).text for bar in BARS[1:])
        played.seek(played.length_s)
        assert app.clock.wall() == began_s + played.length_s
        played.seek(0.0)
        assert app.clock.wall() == began_s


async def test_what_is_gone_back_before_has_not_happened():
    async with replayed(MOMENT_S, (120, 36)) as (app, _, pilot):
        overview = app.screen
        assert isinstance(overview, Overview)
        assert overview.warnings.held.entries
        await pilot.press("0")
        with anyio.fail_after(5):
            while overview.warnings.held.entries:
                await paint(app, pilot)
        assert app.model.plugins["crasher"].state == "active"
        await pilot.press("full_stop")
        with anyio.fail_after(5):
            while not overview.warnings.held.entries:
                await paint(app, pilot)
        assert all(entry.kind != "note" for entry in overview.warnings.held.chosen())


@pytest.mark.parametrize("tab", ["config", "storage", "permissions", "manifest", "summary"])
async def test_what_a_recording_does_not_hold_is_not_said_to_be_nothing(tab: str):
    async with replayed(MOMENT_S, (120, 36)) as (app, _, pilot):
        app.open_plugin("talker", tab)
        seen = ""
        with anyio.fail_after(5):
            while "Not known: a recording does not hold this" not in seen:
                await paint(app, pilot)
                seen = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
        for lie in (
            "It has nothing",
            "It keeps nothing",
            "It asks for no",
            "No method was called",
            "asking …",
        ):
            assert lie not in seen
