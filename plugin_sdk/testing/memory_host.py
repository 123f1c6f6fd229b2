"""MemoryHost: a host without processes, made from the method table: what plugins may call is answered.

Owns what the host's gateway owns: is the method known, are its parameters right, is it permitted. What is
kept (storage, configuration) outlives a session of the plugin, as it does in a host.
"""

import difflib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import msgspec

from plugin_sdk.testing.driven_clock import DrivenClock
from plugin_sdk.testing.fake_config import FakeConfig
from plugin_sdk.testing.fake_contributions import FakeContributions
from plugin_sdk.testing.fake_events import FakeEvents
from plugin_sdk.testing.fake_host import FakeHost, without_meta
from plugin_sdk.testing.fake_schedules import FakeSchedules
from plugin_sdk.testing.fake_services import FakeServices
from plugin_sdk.testing.fake_storage import FakeStorage, Function
from plugin_sdk.testing.plugin_folder import PluginFolder
from plugin_sdk.testing.records import HookOutcome
from plugin_sdk.testing.refusals import refusal
from protocol.errors import DENIED, INVALID_PARAMS, METHOD_NOT_FOUND, WRONG_SHAPE, RpcError
from protocol.inbound import Inbound, Stream
from protocol.kinds import SCANS
from protocol.messages.hooks import HookAnswer, HookCall
from protocol.messages.meta import MetaOnly
from protocol.messages.provides import NOTHING, Provides
from protocol.methods import METHODS, Method
from protocol.permissions import Permission, parse_permission

SESSION = "test"
_SCOPE = re.compile(r"\{(\w+)\}")


class MemoryHost:
    """Answers one plugin."""

    def __init__(
        self,
        folder: PluginFolder,
        clock: DrivenClock,
        notes: FakeHost,
        ask: Callable[[str, Any], Awaitable[msgspec.Raw]],
        tell: Callable[[str, Any], None],
        start: Callable[[Any], None],
    ) -> None:
        """`ask` calls the plugin, `tell` notifies it, `start` runs work beside."""
        self._folder = folder
        self._notes = notes
        self._ask = ask
        self._provides = NOTHING
        grants = tuple(map(str, folder.permissions))
        self.storage = FakeStorage(folder.id, lambda: clock.now_s)
        self.config = FakeConfig(folder, ask)
        self.events = FakeEvents(folder.id, lambda: clock.now_s, ask, tell, self.require, start)
        self.schedules = FakeSchedules(clock, ask)
        self.contributions = FakeContributions(folder.id, grants, ask)
        parts = (self.storage, self.config, self.events, self.schedules, self.contributions)
        self._functions: dict[str, Function] = {}
        for part in (*parts, FakeServices(folder.id, SESSION)):
            self._functions |= part.functions()

    def answers(self) -> frozenset[str]:
        """Return the methods that it answers."""
        return frozenset(self._functions)

    def join(self, provides: Provides) -> None:
        """Take in what a session of the plugin provides. Raises RpcError for what a host would refuse."""
        self._provides = provides
        if provides.config_schema is not None:
            self.config.take_schema(provides.config_schema)
        self.events.join(provides)
        self.schedules.join(provides)
        self.contributions.join(provides)

    def leave(self) -> None:
        """Let go what belongs to a session."""
        self.config.live = False
        self.events.leave()
        self.schedules.leave()

    def require(self, required: Permission) -> None:
        """Raise `denied` unless the plugin declared what is needed."""
        if any(held.covers(required) for held in self._folder.permissions):
            return
        beside = ", beside the others" if self._folder.permissions else ""
        raise refusal(
            DENIED,
            f"plugin {self._folder.id!r} did not declare {required}.",
            remedy=f'in the manifest: permissions = ["{required}"]{beside}',
            plugin=self._folder.id,
            permission=str(required),
        )

    async def serve(self, inbound: Inbound) -> Any:
        """Serve one request of the plugin. Raises RpcError as a host does."""
        method = inbound.method
        params = _values(inbound)
        self._notes.note_call(method, params)
        row = METHODS.get(method)
        known = row is not None and row.direction != "to_plugin" and row.kind != "notification"
        if not known and not self._notes.has(method):
            near = difflib.get_close_matches(method, [*self._functions], n=3)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise refusal(
                METHOD_NOT_FOUND,
                f"the host has no method {method!r}{hint}",
                remedy=f"in a test, say what it answers: fake_host.answer({method!r}, ...)",
                owner="the host",
                method=method,
                near=near,
            )
        if known:
            assert row is not None
            given = _given(row, params)
            if row.permission is not None:
                self.require(_required(row.permission, given))
        else:
            given = None
            if permission := self._notes.permission_of(method):
                self.require(parse_permission(permission))
        canned = self._notes.has(method)
        result = await self._notes.canned(method, params) if canned else await self._functions[method](given)
        self._notes.note_success(method, params, result)
        return _shaped(inbound, result, canned)

    async def hook(self, name: str, value: Any) -> HookOutcome:
        """Ask the plugin's handlers of a hook, in order; where one fails, its own word on that counts."""
        for one in self._provides.hooks:
            if one.hook != name:
                continue
            text = msgspec.Raw(msgspec.json.encode(value))
            try:
                raw = await self._ask("plugin.hook", HookCall(one.name, name, text))
            except RpcError as exc:
                closed = (one.fail or ("closed" if name in SCANS.values() else "open")) == "closed"
                if closed:
                    return HookOutcome(False, value, f"plugin {self._folder.id!r} failed: {exc.message}")
                continue
            answer = msgspec.json.decode(raw, type=HookAnswer)
            if answer.verdict == "deny":
                return HookOutcome(False, value, answer.reason)
            if answer.verdict == "replace":
                value = answer.value
        return HookOutcome(True, value)


def _values(inbound: Inbound) -> Any:
    try:
        return without_meta(inbound.params)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise refusal(INVALID_PARAMS, f"{inbound.method}: {exc}") from None


def _given(row: Method, params: Any) -> msgspec.Struct:
    """Return parameters as the table says that they are."""
    names = row.params.__struct_fields__
    if isinstance(params, list):
        listed = cast("list[Any]", params)
        if len(listed) > len(names):
            raise refusal(INVALID_PARAMS, f"{len(listed)} parameters; at most {len(names)} are allowed")
        params = dict(zip(names, listed, strict=False))
    unknown = [str(name) for name in params if name not in names]
    if unknown:
        raise refusal(INVALID_PARAMS, f"{unknown[0]}: found a parameter that is not there")
    try:
        return msgspec.json.decode(msgspec.json.encode(params), type=row.params)
    except msgspec.ValidationError as exc:
        raise refusal(INVALID_PARAMS, f"{row.name}: {exc}") from None


def _required(permission: str, given: msgspec.Struct) -> Permission:
    bare, colon, _ = permission.partition(":{")
    required = parse_permission(bare)
    if not colon:
        return required
    [parameter] = _SCOPE.findall(permission)
    return Permission(required.resource, required.action, str(getattr(given, parameter)))


def _shaped(inbound: Inbound, result: Any, canned: bool) -> Any:
    """Return a result as the caller wants it: one value, or a stream."""
    meta = (
        msgspec.json.decode(inbound.params, type=MetaOnly).meta if bytes(inbound.params)[:1] == b"{" else None
    )
    wants = meta.stream if meta is not None else None
    if wants is None:
        return result
    if isinstance(result, list | tuple):
        result = _each(cast("list[Any]", result))
    if not canned or not hasattr(result, "__aiter__"):
        raise refusal(WRONG_SHAPE, f"{inbound.method} is not a stream", remedy="await it")
    return Stream(result, wants.credit)


async def _each(items: list[Any]) -> AsyncIterator[Any]:
    for item in items:
        yield item
