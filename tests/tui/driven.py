"""A monitor of a staged host that a test drives by keys, and whose picture it reads."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import anyio
from textual.pilot import Pilot
from textual.screen import Screen
from tui.staged_facade import StagedFacade
from tui.staged_lines import event_rows, log_rows, method_rows, trace_rows
from tui.staged_rows import every_problem, every_state

from host.tui.app import Monitor
from host.tui.screen import MonitorScreen

WIDE = (120, 36)
LOW = (80, 24)
SIZES = (WIDE, LOW)

NAMES = {" ": "space", ":": "colon", ">": "greater_than_sign", "/": "slash", ".": "full_stop", "-": "minus"}

S = TypeVar("S", bound=Screen[Any])


def full_host() -> StagedFacade:
    """Return a host with something to see on every screen."""
    facade = StagedFacade(every_state(), every_problem())
    facade.lines["logs"] = list(log_rows([*facade.rows][:4], 60))
    facade.lines["events"] = list(event_rows())
    facade.lines["rpc"] = list(trace_rows("github"))
    facade.method_rows["github"] = method_rows()
    facade.dependants = {"github": ("indexer", "mailer")}
    facade.needs = {"indexer": ("github",), "mailer": ("github", "weather")}
    return facade


class Driven:
    """The monitor, and what a test does with it."""

    def __init__(self, app: Monitor, pilot: Pilot[None], facade: StagedFacade) -> None:
        self.app = app
        self.pilot = pilot
        self.facade = facade

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other, and let each be done."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def write(self, text: str) -> None:
        """Type a text."""
        await self.press(*(NAMES.get(char, char) for char in text))

    async def settle(self) -> None:
        """Let what is under way be done, and paint."""
        for _ in range(3):
            await self.pilot.pause()
            self.paint()
        await self.pilot.pause()

    def paint(self) -> None:
        """Paint as an interval would."""
        for screen in self.app.screen_stack:
            if isinstance(screen, MonitorScreen):
                screen.tick()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds, five seconds at most."""
        try:
            with anyio.fail_after(5):
                while not holds():
                    self.paint()
                    await self.pilot.pause()
        except TimeoutError:
            raise AssertionError(f"it never held; said: {self.app.said}; seen:\n{self.text}") from None

    async def sees(self, *texts: str) -> None:
        """Wait until these texts are on the screen."""
        await self.until(lambda: all(text in self.text for text in texts))

    async def sees_not(self, text: str) -> None:
        """Wait until a text is not on the screen."""
        await self.until(lambda: text not in self.text)

    async def hears(self, text: str) -> None:
        """Wait until the monitor has said something."""
        await self.until(lambda: any(text in said for said in self.app.said))

    @property
    def lines(self) -> list[str]:
        """What is seen, line by line; a dialog's alone where one is open."""
        compositor = self.app.screen._compositor
        return [strip.text for strip in compositor.render_strips()]

    @property
    def text(self) -> str:
        """What is seen."""
        return "\n".join(self.lines)

    def line_with(self, text: str) -> str:
        """Return the first line that holds a text."""
        found = [line for line in self.lines if text in line]
        assert found, f"{text!r} is not on the screen:\n{self.text}"
        return found[0]

    def screen(self, kind: type[S]) -> S:
        """Return the open screen, which is of this kind."""
        assert isinstance(self.app.screen, kind), self.app.screen
        return self.app.screen


@asynccontextmanager
async def driving(
    facade: StagedFacade,
    size: tuple[int, int] = WIDE,
    *,
    live: bool = True,
    toasts: bool = False,
    **options: Any,
) -> AsyncGenerator[Driven, None]:
    """Run a monitor of a staged host; with `live`, from when its first picture is there.

    With `toasts` what it says in passing is drawn, too.
    """
    async with anyio.create_task_group() as tasks:
        app = Monitor(facade.connect, tasks, clock=facade.clock, retry_s=0.02, **options)
        async with app.run_test(size=size, notifications=toasts) as pilot:
            driven = Driven(app, pilot, facade)
            if live:
                await driven.until(lambda: app.model.link == "live")
            await driven.settle()
            yield driven
        tasks.cancel_scope.cancel()
