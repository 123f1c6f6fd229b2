"""CallDialog: a method of a plugin, its parameters as JSON, and what came back."""

import json
import shlex
from collections.abc import Mapping
from typing import Any, ClassVar, cast

import anyio
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.suggester import SuggestFromList
from textual.widgets import Input, TextArea

from host.base_error import PlughostError
from host.errors import WrongShape
from host.facade.board import topics_of
from host.facade.facade import Facade
from host.facade.figures import took
from host.tui.border import clean, cleaned
from host.tui.dialogs import Dialog
from host.tui.inked import monitor
from host.tui.inked_lines import InkedLines, InkedText, Parts
from host.tui.json_lines import json_lines

MAX_ITEMS = 1_000
"""Of a stream that are shown; it is closed then."""


def call_line(plugin: str, method: str, params: Any) -> str:
    """Return the command line that makes the same call."""
    line = f"plughost call {shlex.quote(plugin)} {shlex.quote(method)}"
    return f"{line} {shlex.quote(json.dumps(params, ensure_ascii=False))}" if params else line


class CallDialog(Dialog[None]):
    """The form of one call."""

    DEFAULT_CSS = """
    CallDialog > Vertical { width: 110; height: 90%; }
    CallDialog > Vertical > InkedLines { height: 1; }
    CallDialog Input { margin-top: 0; }
    CallDialog TextArea { height: 6; border: none; padding: 0 1; background: $boost; }
    CallDialog TextArea:focus { border: none; }
    CallDialog InkedText { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,f5", "send", "call", priority=True),
        Binding("ctrl+y", "copy_cli", "copy as a command line", priority=True),
    ]

    def __init__(self, plugin: str, method: str, params: Mapping[str, Any] | None) -> None:
        super().__init__()
        self._plugin = plugin
        self._method = method
        self._params = dict(params or {})
        self._busy: anyio.CancelScope | None = None

    def compose(self) -> ComposeResult:
        """Method, parameters, answer."""
        with Vertical():
            yield InkedLines(id="title")
            yield Input(value=self._method, placeholder="method", compact=True)
            yield InkedLines(id="params")
            yield TextArea(json.dumps(self._params, indent=2, ensure_ascii=False), compact=True)
            yield InkedLines(id="answer-title")
            yield InkedText()
            yield InkedLines(id="hints")

    def on_mount(self) -> None:
        """Propose the methods that are known."""
        self.query_one("#title", InkedLines).show([[("Call a method of ", "dim"), (self._plugin, "strong")]])
        self.query_one("#params", InkedLines).show([[("Parameters, a JSON object", "dim")]])
        self._say([("Nothing was called yet", "dim")])
        keys: Parts = [
            ("^s", "title"),
            (" call  ", "dim"),
            ("Tab", "title"),
            (" next field  ", "dim"),
            ("^y", "title"),
            (" copy as a command line  ", "dim"),
            ("Esc", "title"),
            (" close", "dim"),
        ]
        self.query_one("#hints", InkedLines).show([keys])
        (self.query_one(TextArea) if self._method else self.query_one(Input)).focus()
        monitor(self).start(self._propose)

    async def _propose(self) -> None:
        facade = monitor(self).link.facade
        if facade is None:
            return
        try:
            async with facade.watch(topics_of(self._plugin)[-1:]) as board:
                names = sorted(clean(name) for name in board.methods(self._plugin))
        except (PlughostError, OSError):
            return
        if self.is_mounted:
            self.query_one(Input).suggester = SuggestFromList(names)
            if names and not self._method:
                self.query_one("#title", InkedLines).show(
                    [
                        [
                            ("Call a method of ", "dim"),
                            (self._plugin, "strong"),
                            (f": {', '.join(names)}", "dim"),
                        ]
                    ]
                )

    def _say(self, parts: Parts) -> None:
        self.query_one("#answer-title", InkedLines).show([parts])

    def _read(self) -> tuple[str, dict[str, Any]] | None:
        method = self.query_one(Input).value.strip()
        if not method:
            self._say([("Which method? Type its name above", "bad")])
            return None
        try:
            params = json.loads(self.query_one(TextArea).text or "{}")
        except (ValueError, RecursionError) as error:
            self._say([(f"The parameters are no JSON: {error}", "bad")])
            return None
        if not isinstance(params, dict):
            self._say([(f"The parameters must be a JSON object, not {type(params).__name__}", "bad")])
            return None
        return method, cast("dict[str, Any]", params)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go on to the parameters."""
        event.stop()
        self.query_one(TextArea).focus()

    def action_send(self) -> None:
        """Call it."""
        read = self._read()
        facade = monitor(self).link.facade
        if read is None:
            return
        if facade is None:
            self._say([("There is no host to ask", "bad")])
            return
        if self._busy is None:
            monitor(self).start(self._send, facade, *read)

    async def _send(self, facade: Facade, method: str, params: dict[str, Any]) -> None:
        self._say([("◐ called, and waiting; Esc gives up", "accent")])
        self.query_one(InkedText).show([])
        with anyio.CancelScope() as self._busy:
            try:
                result = await facade.call(self._plugin, method, params)
                said: Parts = [("✓ answered in ", "good"), (took(result.seconds), "plain")]
                shown = json_lines(cleaned(result.value))
            except WrongShape:
                said, shown = await self._stream(facade, method, params)
            except (PlughostError, OSError) as error:
                said, shown = (
                    [("✖ it failed", "bad")],
                    [[(line, "bad")] for line in clean(str(error), lines=True).split("\n")],
                )
            if self.is_mounted:
                self._say(said)
                self.query_one(InkedText).show(shown)
        self._busy = None

    async def _stream(self, facade: Facade, method: str, params: dict[str, Any]) -> tuple[Parts, list[Parts]]:
        shown: list[Parts] = []
        items = 0
        stream = facade.stream(self._plugin, method, params)
        try:
            async for item in stream:
                items += 1
                shown += json_lines(cleaned(item))
                self._say([(f"◐ {items} items so far", "accent")])
                self.query_one(InkedText).show(shown)
                if items >= MAX_ITEMS:
                    break
        except (PlughostError, OSError) as error:
            return [(f"✖ it failed after {items} items: {clean(str(error))}", "bad")], shown
        finally:
            await stream.aclose()
        return [(f"✓ a stream of {items} items", "good")], shown

    def action_copy_cli(self) -> None:
        """Copy the command line of it."""
        read = self._read()
        if read is not None:
            monitor(self).copy(call_line(self._plugin, *read))

    def action_no(self) -> None:
        """Give up what is called, and close."""
        if self._busy is not None:
            self._busy.cancel()
        self.dismiss(None)
