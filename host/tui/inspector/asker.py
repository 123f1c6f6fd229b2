"""Asker: asks one thing at a time, and shows what comes back as it comes; owns what is under way."""

from collections.abc import Callable
from typing import Any, Final

import anyio

from host.base_error import PlughostError
from host.facade.figures import many, took
from host.tui.app import Monitor
from host.tui.border import clean, cleaned
from host.tui.inked_lines import Parts
from host.tui.inspector.subject import Asking, Subject
from host.tui.json_lines import json_lines

MAX_ITEMS: Final = 1_000
"""Of a stream that are shown; it is closed then."""

CLOSE_S: Final = 1.0


class Asker:
    """Of one screen."""

    def __init__(
        self, subject: Subject, say: Callable[[Parts], None], show: Callable[[list[Parts]], None]
    ) -> None:
        """`say` puts the one line of how it stands, `show` the lines of the answer."""
        self._subject = subject
        self._say = say
        self._show = show
        self._last: tuple[Asking, dict[str, Any]] | None = None
        self._busy: anyio.CancelScope | None = None

    def begin(self, app: Monitor, asking: Asking, params: dict[str, Any]) -> None:
        """Ask, unless something is under way."""
        if self._busy is not None:
            app.say("Something is under way; x cancels it", "warning")
            return
        self._last = (asking, params)
        self._busy = anyio.CancelScope()
        app.start(self._ask, app, asking, params, self._busy)

    def again(self, app: Monitor) -> None:
        """Ask the last thing again, as it was."""
        if self._last is None:
            app.say("Nothing was sent yet", "warning")
        else:
            self.begin(app, *self._last)

    def cancel(self, app: Monitor) -> None:
        """Give up what is under way."""
        if self._busy is None:
            app.say("Nothing is under way", "warning")
        else:
            self._busy.cancel()

    def failed(self, error: Exception, what: str, before: list[Parts] | None = None) -> None:
        """Show an error, below what came before it."""
        code = error.code if isinstance(error, PlughostError) else type(error).__name__
        self._say([(f"✖ {what}: ", "bad"), (code, "bad")])
        message = error.message if isinstance(error, PlughostError) else str(error)
        lines: list[Parts] = [[(line, "bad")] for line in clean(message, lines=True).split("\n")]
        if isinstance(error, PlughostError) and error.remedy:
            lines.append([("what to do: ", "dim"), (clean(error.remedy), "plain")])
        self._show([*(before or []), *lines])

    async def _ask(
        self, app: Monitor, asking: Asking, params: dict[str, Any], scope: anyio.CancelScope
    ) -> None:
        now, is_stream = app.clock.monotonic, asking.kind == "stream"
        began_s, items, shown = now(), 0, list[Parts]()
        self._say([("◐ asked ", "accent"), (clean(asking.name), "strong"), ("; x cancels", "dim")])
        self._show([])
        said: Parts = []
        with scope:
            answers = self._subject.ask(asking, params)
            try:
                async for item in answers:
                    items += 1
                    shown += json_lines(cleaned(item))
                    self._show(list(shown))
                    if is_stream:
                        self._say([(f"◐ {many(items, 'item')} so far", "accent"), ("; x cancels", "dim")])
                    if items >= MAX_ITEMS:
                        break
                what = f"✓ a stream of {many(items, 'item')} in " if is_stream else "✓ answered in "
                said = [(what, "good"), (took(now() - began_s), "plain")]
            except (PlughostError, OSError) as error:
                self.failed(error, f"it failed after {took(now() - began_s)}", shown)
            finally:
                with anyio.CancelScope(shield=True), anyio.move_on_after(CLOSE_S):
                    await answers.aclose()
        self._busy = None
        if scope.cancelled_caught:
            said = [(f"✖ cancelled after {took(now() - began_s)}", "warn")]
        if said:
            self._say(said)
