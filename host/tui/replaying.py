"""Replaying: a monitor of a recording: its time runs, stands still or is gone to; a bar says so.

Knows a recording by what it needs of it, so that nothing here depends on how one is kept.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar, Final, Protocol

from anyio import create_task_group, sleep
from anyio.abc import TaskGroup
from textual.binding import Binding, BindingType

from host.facade.facade import Facade
from host.facade.figures import age
from host.tui.app import Monitor
from host.tui.inked_lines import Parts
from host.tui.keys import SHOW

SPEEDS: Final = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0)

STEP_S: Final = 10.0
"""Seconds of the recording that one key goes."""


class Played(Protocol):
    """A recording; see `host.control.replay`."""

    speed: float
    paused: bool
    at_s: float

    @property
    def began_at_s(self) -> float:
        """When it began; seconds since the epoch."""
        ...

    @property
    def length_s(self) -> float:
        """Seconds."""
        ...

    @property
    def as_facade(self) -> Facade:
        """It, as a host."""
        ...

    def pause(self, paused: bool = True) -> None:
        """Hold it, or let it go on."""
        ...

    def seek(self, at_s: float) -> None:
        """Go to a second of it."""
        ...

    async def run(self) -> None:
        """Let its time pass until it is over."""
        ...


class PlayedClock:
    """The recording's own time: it stands where that is held, and goes back with it."""

    def __init__(self, played: Played) -> None:
        self._played = played

    def monotonic(self) -> float:
        """Seconds of the recording; they do go back, with whoever goes back in it."""
        return self._played.at_s

    def wall(self) -> float:
        """Seconds since the epoch, as they were then."""
        return self._played.began_at_s + self._played.at_s

    def suspended(self) -> float:
        """Nothing: what was slept through was not recorded."""
        return 0.0


class ReplayMonitor(Monitor):
    """The monitor, with the recording's time and keys for it. It only looks: what was can't be changed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("comma", "replay_seek(-1)", "10 s back", key_display=",", group=SHOW),
        Binding("full_stop", "replay_seek(1)", "10 s on", key_display=".", group=SHOW),
        Binding("p", "replay_pause", "hold or go on", group=SHOW),
        Binding("plus", "replay_speed(1)", "faster", key_display="+", group=SHOW, show=False),
        Binding("underscore", "replay_speed(-1)", "slower", key_display="_", group=SHOW, show=False),
        Binding("0", "replay_begin", "to its beginning", group=SHOW, show=False),
    ]

    def __init__(
        self, played: Played, tasks: TaskGroup, *, ascii: bool = False, folder: Path | None = None
    ) -> None:
        @asynccontextmanager
        async def connect() -> AsyncGenerator[Facade, None]:
            yield played.as_facade

        super().__init__(
            connect, tasks, read_only=True, ascii=ascii, clock=PlayedClock(played), folder=folder
        )
        self.model.goes_back = True
        self._played = played

    @property
    def why_read_only(self) -> str:
        """What it is."""
        return (
            "This is a recording: what was can be looked at, and not acted on. `plughost top` shows the host"
        )

    def link_parts(self) -> Parts:
        """Return what stands in the place of `live`: that it is a recording, where, and how fast."""
        played = self._played
        over = played.at_s >= played.length_s
        word = "■ end" if over else "‖ held" if played.paused else f"▶ {played.speed:g}×"
        return [(f"replay {age(played.at_s)} of {age(played.length_s)} {word} ", "warn")]

    def action_replay_seek(self, step: int) -> None:
        """Go some seconds on or back."""
        self._played.seek(self._played.at_s + step * STEP_S)

    def action_replay_begin(self) -> None:
        """Go to where it begins."""
        self._played.seek(0.0)

    def action_replay_pause(self) -> None:
        """Hold the recording, or let it go on."""
        self._played.pause(not self._played.paused)

    def action_replay_speed(self, step: int) -> None:
        """Let it pass faster or slower."""
        place = SPEEDS.index(self._played.speed) if self._played.speed in SPEEDS else SPEEDS.index(1.0)
        self._played.speed = SPEEDS[max(0, min(len(SPEEDS) - 1, place + step))]
        self.say(f"Speed: {self._played.speed:g}×")


async def run_replay(played: Played, *, ascii: bool = False, folder: Path | None = None) -> None:
    """Show a recording until the operator quits; it is held at its end, and can be gone back in."""

    async def pass_time() -> None:
        while True:
            await played.run()
            # It is over: somebody may go back in it.
            await sleep(0.2)

    async with create_task_group() as tasks:
        tasks.start_soon(pass_time)
        await ReplayMonitor(played, tasks, ascii=ascii, folder=folder).run_async()
        tasks.cancel_scope.cancel()
