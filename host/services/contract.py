"""The contract of every plugin: its health, its status, and its commands.

Owns the questions and how long they may take. Everything that comes back is checked and may be shown.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from host.errors import InvalidParams, InvalidResult, MethodNotFound, PluginError
from host.logs import clean
from host.masking import known
from host.routing.control_calls import ControlCalls, read_answer
from protocol import jsonrpc
from protocol.manifest import Manifest
from protocol.messages.commands import CommandOutcome, CommandRun
from protocol.messages.contract import HealthAnswer, StatusAnswer
from protocol.messages.meta import Empty

TIMEOUT_S: Final = 5.0
"""Deadline of each question. Source: behaviour in numbers, *Life*, calls."""

COMMAND_TIMEOUT_S: Final = 60.0
MAX_TEXT_CHARS: Final = 1_000


class Contract:
    """The questions that every plugin answers. All raise what `ControlCalls.ask` does.

    For an active plugin without a process the host answers.
    """

    def __init__(self, calls: ControlCalls, without_program: Callable[[], Iterable[Manifest]]) -> None:
        """`without_program` tells which active plugins have no program."""
        self._calls = calls
        self._without_program = without_program

    def _only_contributes(self, plugin: str) -> bool:
        return any(manifest.id == plugin for manifest in self._without_program())

    async def health(self, plugin: str, *, timeout_s: float = TIMEOUT_S) -> HealthAnswer:
        """Ask how a plugin is: `healthy`, or another word and the reason."""
        if self._only_contributes(plugin):
            return HealthAnswer("healthy", plugin)
        method = "plugin.health"
        raw = await self._calls.ask(plugin, method, Empty(), timeout_s=timeout_s, counted=False)
        answer = read_answer(raw, HealthAnswer, plugin, method)
        _check_id(answer, plugin, method)
        return HealthAnswer(_shown(answer.status), plugin, _shown(answer.reason), answer.data)

    async def status(self, plugin: str, *, timeout_s: float = TIMEOUT_S) -> StatusAnswer:
        """Ask what a plugin does."""
        if self._only_contributes(plugin):
            return StatusAnswer(plugin, "running")
        method = "plugin.status"
        raw = await self._calls.ask(plugin, method, Empty(), timeout_s=timeout_s, counted=False)
        answer = read_answer(raw, StatusAnswer, plugin, method)
        _check_id(answer, plugin, method)
        return StatusAnswer(plugin, _shown(answer.status), answer.data)

    async def command(
        self,
        plugin: str,
        command: str,
        params: Mapping[str, Any] | None = None,
        *,
        timeout_s: float = COMMAND_TIMEOUT_S,
    ) -> CommandOutcome:
        """Run a command of a plugin, one that it offers by `@command` or answers in `on_command`.

        The outcome tells what the plugin failed on purpose, that there is no such command, and that it takes
        other parameters; what goes wrong otherwise is raised.
        """
        if self._only_contributes(plugin):
            return _no_command(command)
        method = "plugin.command"
        try:
            given = {key: msgspec.Raw(jsonrpc.encode(value)) for key, value in (params or {}).items()}
        except (TypeError, ValueError, OverflowError, RecursionError) as exc:
            raise InvalidParams(f"the parameters of {command} can't be expressed in JSON: {exc}") from exc
        try:
            call = CommandRun(command, given)
            raw = await self._calls.ask(plugin, method, call, command, timeout_s=timeout_s)
        except PluginError as exc:
            return CommandOutcome(False, exc.detail, _shown(exc.message))
        except InvalidParams as exc:
            return CommandOutcome(False, None, _shown(exc.message))
        except MethodNotFound:
            return _no_command(command)
        outcome = read_answer(raw, CommandOutcome, plugin, method)
        result = outcome.result if outcome.success else known.cleared_value(outcome.result)
        return CommandOutcome(outcome.success, result, _shown(outcome.error))


def _check_id(answer: HealthAnswer | StatusAnswer, plugin: str, method: str) -> None:
    if answer.plugin_id != plugin:
        raise InvalidResult(f"{plugin}.{method} answers for {_shown(answer.plugin_id)!r}, another plugin")


def _no_command(command: str) -> CommandOutcome:
    return CommandOutcome(False, None, f"there is no command {_shown(command)!r}")


def _shown(text: str) -> str:
    return clean(known.beginning(text, MAX_TEXT_CHARS))[:MAX_TEXT_CHARS]
