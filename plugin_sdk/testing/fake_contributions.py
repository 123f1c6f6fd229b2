"""`commands.*`, `endpoints.*` and `ui.*` in memory: what the plugin offers, found by name or path."""

import base64
import re
from collections.abc import Mapping
from typing import Any, Final, cast
from urllib.parse import parse_qs, unquote

import msgspec

from plugin_sdk.testing.fake_config import Ask
from plugin_sdk.testing.fake_storage import Function
from plugin_sdk.testing.records import Answer
from plugin_sdk.testing.refusals import refusal
from protocol.errors import (
    CONTRIBUTION_NOT_FOUND,
    DUPLICATE_CONTRIBUTION,
    INVALID_PARAMS,
    PLUGIN_ERROR,
    PLUGIN_NOT_FOUND,
    RpcError,
)
from protocol.messages.commands import (
    CommandInfo,
    CommandInvoke,
    CommandName,
    CommandOutcome,
    CommandRegister,
    CommandRun,
)
from protocol.messages.endpoints import (
    Encoding,
    EndpointCall,
    EndpointName,
    EndpointPlace,
    EndpointRegister,
    EndpointRequest,
    HttpRequest,
    HttpResponse,
)
from protocol.messages.provides import Command, Endpoint, Provides, UiItem
from protocol.messages.ui import UiName, UiRegister
from protocol.permissions import parse_permission

MOUNT: Final = "/api/plugins"


class FakeContributions:
    """What one plugin adds."""

    def __init__(self, plugin: str, grants: tuple[str, ...], ask: Ask) -> None:
        self._plugin = plugin
        self._grants = grants
        self._ask = ask
        self.commands: dict[str, Command] = {}
        self.endpoints: dict[str, Endpoint] = {}
        self.ui: dict[tuple[str, str], UiItem] = {}

    def functions(self) -> dict[str, Function]:
        """Return what answers each method."""
        names = (
            "commands.register commands.unregister commands.list commands.invoke endpoints.register "
            "endpoints.unregister endpoints.request ui.register ui.unregister"
        )
        return {name: getattr(self, "_" + name.replace(".", "_")) for name in names.split()}

    def join(self, provides: Provides) -> None:
        """Take in what a session of the plugin offers."""
        self.commands = {one.name: one for one in provides.commands}
        self.endpoints = {one.name: one for one in provides.endpoints}
        self.ui = {(one.kind, one.name): one for one in provides.ui}

    async def command(self, name: str, params: Mapping[str, Any]) -> Any:
        """Run a command. Raises RpcError: there is none, or why it did not succeed."""
        bare = name.removeprefix(f"{self._plugin}:")
        if bare not in self.commands:
            there = ", ".join(self.commands) or "none"
            message = f"there is no command {name!r}; there are {there}"
            raise refusal(CONTRIBUTION_NOT_FOUND, message, kind="command", name=name)
        given = {key: msgspec.Raw(msgspec.json.encode(value)) for key, value in params.items()}
        outcome = msgspec.json.decode(
            await self._ask("plugin.command", CommandRun(bare, given)), type=CommandOutcome
        )
        if not outcome.success:
            raise RpcError(PLUGIN_ERROR, outcome.error or "the command did not succeed", outcome.result)
        return outcome.result

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        principal: str = "",
        permissions: tuple[str, ...] = (),
    ) -> Answer:
        """Answer an HTTP request; what goes wrong is an answer too."""
        bare, _, text = path.partition("?")
        found, params = self._find(method.upper(), mounted(bare, self._plugin))
        if found is None:
            return Answer(404, data={"error": "not_found", "message": f"nobody answers {method} {bare}"})
        held = [parse_permission(one) for one in permissions]
        for needed in found.permissions:
            if not any(one.covers(parse_permission(needed)) for one in held):
                message = f"{principal or 'whoever asks'} lacks the permission {needed}"
                return Answer(403, data={"error": "denied", "message": message})
        values = parse_qs(text, keep_blank_values=True) | {key: [one] for key, one in (query or {}).items()}
        content, encoding = _encoded(body)
        lower = {key.lower(): value for key, value in (headers or {}).items()}
        asked = HttpRequest(
            method.upper(), bare, params, values, lower, content, encoding, principal, tuple(map(str, held))
        )
        try:
            raw = await self._ask("plugin.endpoint", EndpointCall(found.name, asked))
        except RpcError as exc:
            return Answer(500, data={"error": exc.name, "message": exc.message})
        answer = msgspec.json.decode(raw, type=HttpResponse)
        data = base64.b64decode(answer.body) if answer.encoding == "base64" else answer.body
        return Answer(answer.status, answer.headers, data)

    def _find(self, method: str, path: str) -> tuple[Endpoint | None, dict[str, str]]:
        for one in self.endpoints.values():
            pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(mounted(one.path, self._plugin)))
            match = re.fullmatch(pattern, path.rstrip("/") or "/")
            if match and (one.method == method or (method, one.method) == ("HEAD", "GET")):
                return one, {name: unquote(value) for name, value in match.groupdict().items()}
        return None, {}

    async def _commands_register(self, asked: CommandRegister) -> dict[str, Any]:
        if asked.name in self.commands:
            message = f"command {asked.name!r}: this plugin has it already"
            raise refusal(DUPLICATE_CONTRIBUTION, message)
        self.commands[asked.name] = Command(asked.name, asked.description, asked.params)
        return {}

    async def _commands_unregister(self, asked: CommandName) -> dict[str, Any]:
        return _gone(self.commands.pop(asked.name, None), "command of this plugin", asked.name)

    async def _commands_list(self, _asked: Any) -> tuple[CommandInfo, ...]:
        return tuple(
            CommandInfo(self._plugin, one.name, one.description, one.params) for one in self.commands.values()
        )

    async def _commands_invoke(self, asked: CommandInvoke) -> Any:
        if asked.plugin != self._plugin:
            raise no_plugin(asked.plugin)
        return await self.command(asked.command, asked.params)

    async def _endpoints_register(self, asked: EndpointRegister) -> EndpointPlace:
        one = Endpoint(asked.name, asked.method.upper(), asked.path, asked.permissions)
        if any((one.method, one.path) == (two.method, two.path) for two in self.endpoints.values()):
            message = f"endpoint {asked.method} {asked.path}: this plugin has it already"
            raise refusal(DUPLICATE_CONTRIBUTION, message)
        self.endpoints[asked.name] = one
        return EndpointPlace(mounted(asked.path, self._plugin))

    async def _endpoints_unregister(self, asked: EndpointName) -> dict[str, Any]:
        return _gone(self.endpoints.pop(asked.name, None), "endpoint of this plugin", asked.name)

    async def _endpoints_request(self, asked: EndpointRequest) -> HttpResponse:
        body = base64.b64decode(asked.body) if asked.encoding == "base64" else asked.body
        answer = await self.request(
            asked.method,
            asked.path,
            query={key: values[-1] for key, values in asked.query.items() if values},
            headers=asked.headers,
            body=body,
            principal=f"plugin:{self._plugin}",
            permissions=self._grants,
        )
        content, encoding = _encoded(answer.data)
        return HttpResponse(answer.status, answer.headers, content, encoding)

    async def _ui_register(self, asked: UiRegister) -> dict[str, Any]:
        if not asked.name:
            raise refusal(INVALID_PARAMS, "name: found nothing; allowed: a name")
        self.ui[asked.kind, asked.name] = UiItem(asked.kind, asked.name, asked.title, asked.data)
        return {}

    async def _ui_unregister(self, asked: UiName) -> dict[str, Any]:
        return _gone(self.ui.pop((asked.kind, asked.name), None), f"{asked.kind} of this plugin", asked.name)


def mounted(path: str, plugin: str) -> str:
    """Return where an endpoint lies: `/api/...` as it stands, anything else below the plugin's own folder."""
    if path == "/api" or path.startswith("/api/"):
        return path.rstrip("/")
    return f"{MOUNT}/{plugin}/{path.lstrip('/')}".rstrip("/")


def no_plugin(plugin: str) -> RpcError:
    """Return the answer for another plugin, of which there is none unless the test gives one."""
    return refusal(
        PLUGIN_NOT_FOUND,
        f"there is no plugin {plugin!r}",
        remedy="in a test, say what it answers: fake_host.answer('plugins.call', ...)",
        plugin=plugin,
    )


def _gone(found: object, kind: str, name: str) -> dict[str, Any]:
    if found is None:
        raise refusal(CONTRIBUTION_NOT_FOUND, f"there is no {kind} {name!r}", kind=kind, name=name)
    return {}


def _encoded(body: Any) -> tuple[Any, Encoding]:
    match body:
        case None:
            return None, "none"
        case bytes():
            return base64.b64encode(body).decode(), "base64"
        case str():
            return body, "text"
        case _:
            return cast("object", body), "json"
