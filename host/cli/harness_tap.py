"""The tap of a test harness: sees what the plugin asks of its host, and lets the test answer instead.

It stands before the gateway's doors of a host that serves a test; a host without a test has none.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol, cast

import msgspec

from host.errors import Denied, InvalidParams, WrongShape
from host.facade import Gate, Granted
from host.ids import PluginId, SessionId
from host.routing.gateway import ApiGateway
from protocol import jsonrpc
from protocol.inbound import Inbound, Stream
from protocol.messages.meta import MetaOnly
from protocol.permissions import parse_permission

TOLD = ("events.emit", "notify.user", "notify.all", "notify.admins")
"""Methods of which the test hears what became of them, too."""


class Told(Protocol):
    """The test, as far as the tap needs it."""

    def tell(self, method: str, params: Any) -> None:
        """Tell it of something."""
        ...

    async def canned(self, method: str, params: Any) -> Any:
        """Ask it for an answer."""
        ...


class HarnessTap:
    """One host's."""

    def __init__(self, gateway: ApiGateway, test: Told) -> None:
        """Put it before the gateway."""
        self._gateway = gateway
        self._open: Callable[[PluginId, SessionId, Any], Gate] = gateway.open
        self._test = test
        self._answers: dict[str, str | None] = {}
        gateway.open = self.open

    def answer(self, method: str, permission: str | None) -> None:
        """Have the test answer a method; of one that the host has, the host's own permission is needed."""
        self._answers[method] = permission

    def open(self, plugin: PluginId, session: SessionId, grants: Any) -> Any:
        """Return the door of one session; see `ApiGateway.open`."""
        return _TappedGate(self._open(plugin, session, grants), self, plugin, grants)

    def told(self, method: str, params: Any) -> None:
        """Tell the test of a call."""
        self._test.tell("harness.called", {"method": method, "params": params})

    def done(self, method: str, params: Any, result: Any) -> None:
        """Tell the test what became of it, where that matters."""
        if method in TOLD:
            self._test.tell("harness.done", {"method": method, "params": params, "result": result})

    def logged(self, line: msgspec.Raw) -> None:
        """Tell the test of a log line."""
        self._test.tell("harness.logged", line)

    def answers(self, method: str) -> bool:
        """Whether the test answers a method."""
        return method in self._answers

    async def ask(self, plugin: PluginId, grants: Granted, method: str, params: Any) -> Any:
        """Return the test's answer. Raises Denied where the plugin lacks the permission."""
        text, endpoint = self._answers[method], self._gateway.find(method)
        required = parse_permission(text) if text else None
        if endpoint is not None:
            table = cast("dict[str, Any]", params) if isinstance(params, dict) else {}
            required = endpoint.required(table)
        if required is not None and not (decision := grants.decide(required)).allowed:
            raise Denied(decision.reason, remedy=decision.declare, plugin=plugin, permission=str(required))
        return await self._test.canned(method, params)


class _TappedGate:
    """One session's door."""

    def __init__(self, gate: Gate, tap: HarnessTap, plugin: PluginId, grants: Granted) -> None:
        self._gate = gate
        self._tap = tap
        self._plugin = plugin
        self._grants = grants

    async def handle(self, inbound: Inbound) -> Any:
        """Serve one request."""
        method, tap = inbound.method, self._tap
        params = _values(inbound)
        tap.told(method, params)
        if tap.answers(method):
            made: Any = await tap.ask(self._plugin, self._grants, method, params)
            result = _shaped(inbound, made)
        else:
            made = result = await cast("Awaitable[Any]", self._gate.handle(inbound))
        tap.done(method, params, made)
        return result

    def notified(self, method: str, params: msgspec.Raw) -> None:
        """Take one notification."""
        if method == "log.write":
            self._tap.logged(params)
        self._gate.notified(method, params)


def _values(inbound: Inbound) -> Any:
    try:
        value: Any = jsonrpc.decode_any(inbound.params) if bytes(inbound.params) else {}
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise InvalidParams(f"{inbound.method}: {exc}") from None
    if not isinstance(value, dict):
        return value
    return {key: one for key, one in cast("dict[str, Any]", value).items() if key != "_meta"}


def _shaped(inbound: Inbound, result: Any) -> Any:
    is_table = bytes(inbound.params)[:1] == b"{"
    meta = msgspec.json.decode(inbound.params, type=MetaOnly).meta if is_table else None
    if meta is None or meta.stream is None:
        return result
    if not isinstance(result, list):
        raise WrongShape(f"{inbound.method} is not a stream", remedy="await it")
    return Stream(_each(cast("list[Any]", result)), meta.stream.credit)


async def _each(items: list[Any]) -> AsyncIterator[Any]:
    for item in items:
        yield item
