"""CallDialog: a method of a plugin: a form of what it takes, and what came back; or one picked of all it has.

A method that does not say what it takes, and parameters that its form has no place for, are typed as JSON.
"""

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Final

import anyio
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, TextArea

from host.base_error import PlughostError
from host.errors import WrongShape
from host.facade.facade import Facade
from host.facade.figures import took
from host.facade.plugin_pages import MethodPage
from host.tui.border import clean, cleaned
from host.tui.dialogs import Dialog
from host.tui.forms.params import as_params, flat
from host.tui.inked import monitor
from host.tui.inked_lines import InkedLines, InkedText, Parts
from host.tui.json_lines import json_lines
from host.tui.log_lines import wrapped
from host.tui.params_dialog import ParamsDialog

MAX_ITEMS: Final = 1_000
"""Of a stream that are shown; it is closed then."""

UNKNOWN: Final[Mapping[str, Any]] = {"type": "object", "additionalProperties": True}
"""What a method takes that does not say it."""

FAULT_CELLS: Final = 68


def call_line(plugin: str, method: str, params: Any) -> str:
    """Return the command line that makes the same call."""
    line = f"plughost call {shlex.quote(plugin)} {shlex.quote(method)}"
    return f"{line} {shlex.quote(json.dumps(params, ensure_ascii=False))}" if params else line


class CallDialog(ParamsDialog):
    """The form of one call."""

    words = "call"
    done = "called"

    def __init__(self, plugin: str, method: MethodPage, params: Mapping[str, Any] | None) -> None:
        super().__init__(method.params or UNKNOWN)
        self.plugin = plugin
        self.heading = f": {clean(method.name)[:60]}"
        self._method = method
        self._before = dict(params or {})
        self.given = flat(self._before, self.fields)
        self._busy: anyio.CancelScope | None = None

    def on_mount(self) -> None:
        """Have the form as it was sent before, or JSON where it has no place for that."""
        if as_params(self.given, self.fields, self._schema) != self._before:
            self.call_after_refresh(self._show_as_it_was)

    def _show_as_it_was(self) -> None:
        if not self.has_class("-json"):
            self.action_shape()
        self.query_one(TextArea).load_text(json.dumps(self._before, indent=2, ensure_ascii=False))

    def about(self) -> Sequence[Parts]:
        """What it does, and how it answers."""
        answers = "It answers with a stream. " if self._method.stream else ""
        return [[(f"{answers}{clean(self._method.description)}", "dim")]]

    async def sent(self, facade: Facade, params: dict[str, Any]) -> tuple[Parts, Sequence[Parts]]:
        """Call it."""
        method = self._method.name
        with anyio.CancelScope() as self._busy:
            if self._method.stream:
                return await self._stream(facade, method, params)
            try:
                result = await facade.call(self.plugin, method, params)
            except WrongShape:
                return await self._stream(facade, method, params)
            said = [("✓ answered in ", "good"), (took(result.seconds), "plain")]
            return said, json_lines(cleaned(result.value))
        return [("given up", "dim")], []

    async def _stream(self, facade: Facade, method: str, params: dict[str, Any]) -> tuple[Parts, list[Parts]]:
        shown: list[Parts] = []
        items = 0
        stream = facade.stream(self.plugin, method, params)
        try:
            async for item in stream:
                items += 1
                shown += json_lines(cleaned(item))
                self.say([(f"◐ {items} items so far", "accent")])
                self.query_one(InkedText).show(shown)
                if items >= MAX_ITEMS:
                    break
        except (PlughostError, OSError) as error:
            return [(f"✖ it failed after {items} items: {clean(str(error))}", "bad")], shown
        finally:
            await stream.aclose()
        return [(f"✓ a stream of {items} items", "good")], shown

    def command_line(self, params: Mapping[str, Any]) -> str:
        """`plughost call`."""
        return call_line(self.plugin, self._method.name, params)

    def action_no(self) -> None:
        """Give up what is called, and close."""
        if self._busy is not None:
            self._busy.cancel()
        self.dismiss(None)


class PickMethod(Dialog[MethodPage]):
    """Which method is called; answers by itself where that is known, once it is known what it takes."""

    DEFAULT_CSS = """
    PickMethod > Vertical { border-title-color: $text; }
    PickMethod OptionList { height: auto; max-height: 20; border: none; background: $boost; display: none; }
    """

    def __init__(self, plugin: str, method: str = "") -> None:
        super().__init__()
        self._plugin = plugin
        self._method = method
        self._pages: Sequence[MethodPage] = ()

    def compose(self) -> ComposeResult:
        """What is asked, and the methods."""
        with Vertical():
            yield InkedLines()
            yield OptionList(compact=True, markup=False)

    def on_mount(self) -> None:
        """Ask the plugin what it has."""
        self.query_one(Vertical).border_title = Content(f" {clean(self._plugin)}: call a method ")
        self._say([[("◐ asking what it has …", "accent")]])
        monitor(self).start(self._ask)

    def _say(self, lines: Sequence[Parts]) -> None:
        said = self.query_one(InkedLines)
        said.styles.height = len(lines)
        said.show(lines)

    async def _ask(self) -> None:
        facade = monitor(self).link.facade
        fault = "There is no host to ask"
        if facade is not None:
            try:
                self._pages = cleaned(await facade.plugin_methods(self._plugin))
                fault = "" if self._pages else "It has no methods that can be called"
            except (PlughostError, OSError) as error:
                fault = clean(str(error), lines=True)
        if not self.is_attached:
            return
        if self._method:
            unknown = MethodPage(name=self._method, stream=False, params={}, description="")
            known = (page for page in self._pages if page.name == self._method)
            self.dismiss(next(known, unknown))
        elif fault:
            lines = [line for text in fault.split("\n") for line in wrapped(text, FAULT_CELLS)]
            self._say([*([(line, "warn")] for line in lines), [("Esc", "title"), (" close", "dim")]])
        else:
            self._offer()

    def _offer(self) -> None:
        self._say([[("Enter", "title"), (" open its form  ", "dim"), ("Esc", "title"), (" close", "dim")]])
        options = self.query_one(OptionList)
        options.add_options([Content(_signature(page)) for page in self._pages])
        options.display = True
        options.highlighted = 0
        options.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take it."""
        event.stop()
        self.dismiss(self._pages[event.option_index])


def _signature(page: MethodPage) -> str:
    """Return a method with the names of what it takes; what may be left out has a question mark."""
    needed = page.params.get("required", ())
    names = [key if key in needed else f"{key}?" for key in page.params.get("properties", {})]
    takes = ", ".join(names) if page.params else "…"
    return f"{page.name}({takes}){'  a stream' if page.stream else ''}"[:90]
