"""CommandDialog: a command of a plugin, framed with its name: parameters as JSON, and what came back."""

import json
from typing import Any, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import TextArea

from host.base_error import PlughostError
from host.facade.figures import took
from host.facade.pages import CommandRow
from host.tui.border import clean, cleaned
from host.tui.dialogs import Dialog
from host.tui.inked import monitor
from host.tui.inked_lines import InkedLines, InkedText, Parts
from host.tui.json_lines import json_lines


def example_of(schema: dict[str, Any]) -> dict[str, Any]:
    """Return parameters to begin with: what must be given, with defaults or empty values of its type."""
    empty: dict[str, Any] = {
        "string": "",
        "integer": 0,
        "number": 0,
        "boolean": False,
        "array": [],
        "object": {},
    }
    properties = cast("dict[str, Any]", schema.get("properties") or {})
    example: dict[str, Any] = {}
    for name, described in properties.items():
        shape = cast("dict[str, Any]", described) if isinstance(described, dict) else {}
        if name in cast("list[str]", schema.get("required") or []):
            kind = shape.get("type")
            example[name] = shape.get("default", empty.get(kind) if isinstance(kind, str) else None)
    return example


class CommandDialog(Dialog[None]):
    """The form of one command."""

    DEFAULT_CSS = """
    CommandDialog > Vertical { width: 90; height: 80%; }
    CommandDialog > Vertical > InkedLines { height: 1; }
    CommandDialog TextArea { height: 6; border: none; padding: 0 1; background: $boost; }
    CommandDialog TextArea:focus { border: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s,f5", "send", "run", priority=True)]

    def __init__(self, command: CommandRow) -> None:
        super().__init__()
        self._command = command

    def compose(self) -> ComposeResult:
        """Name, parameters, answer."""
        with Vertical():
            yield InkedLines(id="title")
            yield InkedLines(id="description")
            yield TextArea(
                json.dumps(example_of(self._command.params), indent=2, ensure_ascii=False), compact=True
            )
            yield InkedLines(id="answer-title")
            yield InkedText()
            yield InkedLines(id="hints")

    def on_mount(self) -> None:
        """Say whose it is."""
        command = self._command
        self.query_one("#title", InkedLines).show(
            [[(f"{command.plugin}: ", "accent"), (command.name, "strong")]]
        )
        self.query_one("#description", InkedLines).show([[(command.description, "dim")]])
        names = ", ".join(cast("dict[str, Any]", command.params.get("properties") or {})) or "none"
        self._say([("parameters: ", "dim"), (names, "plain")])
        keys: Parts = [("^s", "title"), (" run  ", "dim"), ("Esc", "title"), (" close", "dim")]
        self.query_one("#hints", InkedLines).show([keys])
        self.query_one(TextArea).focus()

    def _say(self, parts: Parts) -> None:
        self.query_one("#answer-title", InkedLines).show([parts])

    def action_send(self) -> None:
        """Run it."""
        try:
            params = json.loads(self.query_one(TextArea).text or "{}")
        except (ValueError, RecursionError) as error:
            self._say([(f"The parameters are no JSON: {error}", "bad")])
            return
        if not isinstance(params, dict):
            self._say([(f"The parameters must be a JSON object, not {type(params).__name__}", "bad")])
            return
        monitor(self).start(self._send, cast("dict[str, Any]", params))

    async def _send(self, params: dict[str, Any]) -> None:
        facade = monitor(self).link.facade
        if facade is None:
            self._say([("There is no host to ask", "bad")])
            return
        self._say([("◐ it runs", "accent")])
        try:
            result = await facade.command_run(self._command.name, params, self._command.plugin)
        except (PlughostError, OSError) as error:
            said: Parts = [("✖ it failed", "bad")]
            shown: list[Parts] = [[(line, "bad")] for line in clean(str(error), lines=True).split("\n")]
        else:
            said = [("✓ done in ", "good"), (took(result.seconds), "plain")]
            shown = json_lines(cleaned(result.value))
        if self.is_attached:
            self._say(said)
            self.query_one(InkedText).show(shown)
