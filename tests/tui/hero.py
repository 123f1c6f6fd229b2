"""Writes docs/monitor.svg: the monitor over the recording that ships with the tests, just after a crash."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from textual.pilot import Pilot

from host.control.replay import Replay
from host.tui.replaying import ReplayMonitor
from host.tui.screen import MonitorScreen

DEMO = Path(__file__).parent / "demo.recording.gz"
PICTURE = Path(__file__).parents[2] / "docs" / "monitor.svg"
MOMENT_S = 5.6
"""Of the recording: the crasher has just died and is tried again."""


@asynccontextmanager
async def replayed(
    at_s: float, size: tuple[int, int]
) -> AsyncGenerator[tuple[ReplayMonitor, Replay, Pilot[None]], None]:
    """Run a monitor of the recording, held at a second of it."""
    played = Replay(DEMO)
    played.pause()
    played.seek(at_s)
    async with anyio.create_task_group() as tasks:
        app = ReplayMonitor(played, tasks)
        async with app.run_test(size=size) as pilot:
            with anyio.fail_after(10):
                while app.model.link != "live":
                    await pilot.pause()
            await paint(app, pilot)
            yield app, played, pilot
        tasks.cancel_scope.cancel()


async def paint(app: ReplayMonitor, pilot: Pilot[None]) -> None:
    """Paint as an interval would, until nothing more is under way."""
    for _ in range(4):
        await pilot.pause()
        for screen in app.screen_stack:
            if isinstance(screen, MonitorScreen):
                screen.tick()
    await pilot.pause()


async def main() -> None:
    """Write the picture."""
    async with replayed(MOMENT_S, (120, 36)) as (app, _, _):
        PICTURE.write_text(app.export_screenshot(title="plughost top"))


if __name__ == "__main__":
    anyio.run(main)
