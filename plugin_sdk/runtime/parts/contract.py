"""Health, status, commands and configuration: what every plugin answers, and an author may answer himself by
`on_health`, `on_status`, `on_command` and `on_configure`.

Owns what each may return. Imported when the host asks for the first time, or the class has one of them.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, cast

import msgspec

from plugin_sdk.runtime.link import Link
from plugin_sdk.runtime.parts import ANSWERS
from plugin_sdk.runtime.source import Source
from protocol import jsonrpc
from protocol.errors import RpcError
from protocol.incoming import Inbound
from protocol.messages.commands import CommandOutcome
from protocol.messages.contract import HealthAnswer, StatusAnswer
from protocol.signatures import SignatureFault

MAX_REASON_CHARS: Final = 1_000
_OUTCOME = frozenset({"success", "result", "error"})


class ContractPart:
    """The answers of one plugin."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._owners: dict[str, Source] = {}
        self._functions: dict[str, Callable[..., Any]] = {}
        self._bound = False
        self.controls: Mapping[str, Callable[[Inbound], Awaitable[Any]]] = {
            "plugin.health": self._health,
            "plugin.status": self._status,
        }

    def read(self, sources: Sequence[Source]) -> Mapping[str, Any]:
        """Find what the author answers himself."""
        for answer, attribute in ANSWERS.items():
            for source in sources:
                if not callable(getattr(source.cls, attribute, None)):
                    continue
                if answer in self._owners:
                    one, other = self._owners[answer].cls.__name__, source.cls.__name__
                    raise SignatureFault(f"{one} and {other} both have {attribute}")
                self._owners[answer] = source
        if "command" in self._owners:
            self._link.part("commands").fallback = self._command
        return {"answers": tuple(self._owners)}

    def bind(self, sources: Sequence[Source]) -> None:
        """Take the instances' methods."""
        self._bound = True
        for answer, source in self._owners.items():
            self._functions[answer] = source.bound(ANSWERS[answer])

    def notified(self, method: str, params: msgspec.Raw) -> None:
        """Take nothing: there are no notifications of these."""

    async def stop(self) -> None:
        """Do nothing: health may be asked to the end."""

    async def _health(self, inbound: Inbound) -> HealthAnswer:
        plugin_id = self._link.plugin_id
        if not self._bound:
            return HealthAnswer("starting", plugin_id)
        function = self._functions.get("health")
        if function is None:
            return HealthAnswer("healthy", plugin_id)
        try:
            result = await self._link.invoke(function)
        except Exception as exc:  # noqa: BLE001 - the border of an author's handler; what it raises is the answer
            return HealthAnswer("unhealthy", plugin_id, self._reason(exc, inbound.method))
        match result:
            case None | True:
                return HealthAnswer("healthy", plugin_id)
            case False:
                return HealthAnswer("unhealthy", plugin_id, "on_health says so")
            case str():
                return HealthAnswer(result, plugin_id)
            case _:
                fields = _fields(result, "on_health")
        status = str(fields.pop("status", "healthy"))
        reason = str(fields.pop("reason", ""))[:MAX_REASON_CHARS]
        fields.pop("plugin_id", None)
        data = _data(fields)
        return HealthAnswer(status, plugin_id, reason, data | fields)

    async def _status(self, inbound: Inbound) -> StatusAnswer:
        plugin_id = self._link.plugin_id
        if not self._bound:
            return StatusAnswer(plugin_id, "starting")
        function = self._functions.get("status")
        result = None if function is None else await self._link.invoke(function)
        match result:
            case None | True:
                return StatusAnswer(plugin_id, "running")
            case False:
                return StatusAnswer(plugin_id, "stopped")
            case str():
                return StatusAnswer(plugin_id, result)
            case _:
                fields = _fields(result, "on_status")
        fields.pop("plugin_id", None)
        status = fields.pop("status", "running")
        data = _data(fields)
        return StatusAnswer(plugin_id, str(status), data | fields)

    async def _command(self, command: str, params: Mapping[str, Any]) -> CommandOutcome:
        """Answer a command that no `@command` answers."""
        given = msgspec.json.decode(jsonrpc.encode(params))
        try:
            result = await self._link.invoke(self._functions["command"], command, given)
        except Exception as exc:  # noqa: BLE001 - the border of an author's handler; what it raises is the answer
            return CommandOutcome(False, error=self._reason(exc, "plugin.command"))
        if isinstance(result, dict):
            fields = cast("dict[str, Any]", result)
            if "success" in fields and fields.keys() <= _OUTCOME:
                error = "" if fields.get("error") is None else str(fields["error"])[:MAX_REASON_CHARS]
                return CommandOutcome(bool(fields["success"]), fields.get("result"), error)
        return CommandOutcome(True, result)

    def _reason(self, exc: Exception, method: str) -> str:
        """Return what may be said of an exception: the author's own words, or an incident's id."""
        if isinstance(exc, RpcError):
            return exc.message[:MAX_REASON_CHARS]
        return self._link.incident(exc, method).message


def _data(fields: dict[str, Any]) -> dict[str, Any]:
    """Take out and return what stands under `data`."""
    more = fields.pop("data", None)
    if isinstance(more, dict):
        return cast("dict[str, Any]", more)
    return {} if more is None else {"data": more}


def _fields(result: Any, attribute: str) -> dict[str, Any]:
    """Return a dict or a struct as a dict of its own. Raises TypeError for anything else."""
    made: Any = msgspec.to_builtins(result)
    if not isinstance(made, dict):
        raise TypeError(
            f"{attribute} returned {type(result).__name__}; it returns a dict, a text, a bool or nothing"
        )
    return dict(cast("dict[str, Any]", made))
