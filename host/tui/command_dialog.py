"""CommandDialog: a command of a plugin: a form of its parameters, and what came back."""

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from host.facade.facade import Facade
from host.facade.figures import took
from host.facade.pages import CommandRow
from host.tui.border import clean, cleaned
from host.tui.inked_lines import Parts
from host.tui.json_lines import json_lines
from host.tui.params_dialog import ParamsDialog


class CommandDialog(ParamsDialog):
    """The form of one command."""

    def __init__(self, command: CommandRow) -> None:
        super().__init__(command.params)
        self._command = command
        self.plugin = command.plugin
        self.heading = f": {clean(command.name)[:60]}"

    def about(self) -> Sequence[Parts]:
        """What it does."""
        return [[(clean(self._command.description), "dim")]]

    async def sent(self, facade: Facade, params: dict[str, Any]) -> tuple[Parts, Sequence[Parts]]:
        """Run it."""
        result = await facade.command_run(self._command.name, params, self._command.plugin)
        return [("✓ done in ", "good"), (took(result.seconds), "plain")], json_lines(cleaned(result.value))

    def command_line(self, params: Mapping[str, Any]) -> str:
        """`plughost commands run`."""
        name = f"{self._command.plugin}:{self._command.name}"
        given = shlex.quote(json.dumps(params, ensure_ascii=False)) if params else ""
        return f"plughost commands run {shlex.quote(name)} {given}".rstrip()
