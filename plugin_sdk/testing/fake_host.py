"""FakeHost: what a test sees of the host's side, and what it has the host answer.

It notes what the plugin asks and says, in every mode. What the test does not answer is answered by
`plugin_sdk.testing.memory_host` in memory, and by a real host in the other modes.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec

from plugin_sdk.testing.abilities import check
from plugin_sdk.testing.records import EmittedEvent, HostCall, Logged
from protocol import jsonrpc
from protocol.messages.log import LogWrite

NOTHING: Any = object()
"""No canned answer."""


class FakeHost:
    """Notes, and canned answers."""

    def __init__(self) -> None:
        self._calls: list[HostCall] = []
        self._notifications: list[HostCall] = []
        self._emitted: list[EmittedEvent] = []
        self._mode = "memory"
        self.logged: list[Logged] = []
        """Its log lines."""
        self.faults: list[str] = []
        """What it did against the protocol."""
        self._answers: dict[str, tuple[Any, str | None]] = {}
        self._listeners: list[Callable[[str], None]] = []

    @property
    def calls(self) -> list[HostCall]:
        """Every request and stream that the plugin asked for, also those that were refused, in order."""
        check("calls", self._mode)
        return self._calls

    @property
    def notifications(self) -> list[HostCall]:
        """Notifications to people that were taken: `notify.user`, `notify.all`, `notify.admins`."""
        check("notifications", self._mode)
        return self._notifications

    @property
    def emitted(self) -> list[EmittedEvent]:
        """Events that the plugin emitted."""
        check("emitted", self._mode)
        return self._emitted

    def answer(self, method: str, result: Any, *, permission: str | None = None) -> None:
        """Have the host answer a method: with a value, or with what a function returns for the parameters.

        The function may be async; it gets them by name, or by position if the plugin gave them so. What it
        raises as `RpcError` or `PluginError` is the answer. A list answers a stream, item by item.
        `permission` is what the plugin must have declared, for methods that an application adds.

        Raises:
            NotInThisMode: The host runs, and answers by itself.
        """
        check("answer", self._mode)
        self._answers[method] = (result, permission)
        for listener in self._listeners:
            listener(method)

    def calls_of(self, method: str) -> list[dict[str, Any]]:
        """Return the parameters of each call of one method."""
        return [call.params for call in self.calls if call.method == method]

    def messages(self, level: str | None = None) -> list[str]:
        """Return what was logged, of one level or of all."""
        return [line.message for line in self.logged if level in (None, line.level)]

    # What the modes use.

    def in_mode(self, mode: str) -> None:
        """Know which mode it is. Raises NotInThisMode where it has been told answers that can't be given."""
        self._mode = mode
        if self._answers:
            check("answer", mode)

    def on_answer(self, listener: Callable[[str], None]) -> None:
        """Have a function called with each method that gets a canned answer, those included that have one."""
        self._listeners.append(listener)
        for method in self._answers:
            listener(method)

    def permission_of(self, method: str) -> str | None:
        """Return what a canned answer needs."""
        return self._answers[method][1] if method in self._answers else None

    def has(self, method: str) -> bool:
        """Whether there is a canned answer."""
        return method in self._answers

    async def canned(self, method: str, params: Any) -> Any:
        """Return the canned answer. Raises what the test's function raises."""
        result = self._answers[method][0]
        if callable(result):
            result = result(*params) if isinstance(params, list) else result(**params)
            if inspect.isawaitable(result):
                result = await result
        return result

    def note_call(self, method: str, params: Any) -> None:
        """Note a request."""
        self._calls.append(HostCall(method, _as_table(params)))

    def note_success(self, method: str, params: Any, result: Any) -> None:
        """Note what became of a request that was taken."""
        table = _as_table(params)
        if method.startswith("notify."):
            self._notifications.append(HostCall(method, table))
        elif method == "events.emit":
            made: Any = msgspec.to_builtins(result, enc_hook=repr)
            self._emitted.append(EmittedEvent(made["topic"], table.get("data"), made["seq"]))

    def note_log(self, params: bytes | msgspec.Raw) -> None:
        """Note a log line."""
        line = msgspec.json.decode(params, type=LogWrite)
        self.logged.append(Logged(line.level, line.message, line.data or {}, line.exception or ""))


def without_meta(params: bytes | msgspec.Raw) -> Any:
    """Return parameters as values, without what only steers the call. Raises msgspec.MsgspecError."""
    value: Any = jsonrpc.decode_any(params) if bytes(params) else {}
    if not isinstance(value, dict):
        return value
    return {key: one for key, one in cast("dict[str, Any]", value).items() if key != "_meta"}


def _as_table(params: Any) -> dict[str, Any]:
    if isinstance(params, Mapping):
        return dict(cast("Mapping[str, Any]", params))
    return {str(number): value for number, value in enumerate(params or ())}
