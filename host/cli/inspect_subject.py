"""The subject of `plughost inspect`: one plugin on a `PluginHost` of its own; see its Protocol."""

import json
import shlex
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import quote

import anyio.to_thread
import msgspec

from host.cli.dev_reload import checked
from host.cli.handled import until_handled
from host.cli.inspect_wire import InspectWire
from host.cli.plugin_surface import read_surface
from host.errors import InvalidParams
from host.facade.facade import Facade
from host.plugin_host import PluginHost
from host.services.http_values import Principal, Request
from host.tui.inspector.subject import Asking, Take

ASK_S: Final = 60.0
"""Deadline of what is asked by hand; it can be cancelled before."""

MAX_FAULTS: Final = 20
_ANY: Final[dict[str, Any]] = {}
_ENDPOINT: Final[dict[str, Any]] = {
    "query": {"type": "object", "description": "The query, by name"},
    "headers": {"type": "object"},
    "body": {"description": "A value of JSON, or a text"},
}
_EVENT: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"topic": {"type": "string", "minLength": 1}, "data": _ANY},
    "required": ["topic"],
}
_HOOK: Final[dict[str, Any]] = {"type": "object", "properties": {"value": _ANY}, "required": ["value"]}
_NOTHING: Final[dict[str, Any]] = {"type": "object", "properties": {}, "additionalProperties": False}


class InspectSubject:
    """One plugin."""

    def __init__(self, host: PluginHost, folder: Path, plugin: str, wire: InspectWire) -> None:
        self._host = host
        self._folder = folder
        self._plugin = plugin
        self._wire = wire

    @property
    def plugin(self) -> str:
        """Its id."""
        return self._plugin

    @property
    def take(self) -> Take | None:
        """Who is told of each frame."""
        return self._wire.take

    @take.setter
    def take(self, take: Take | None) -> None:
        self._wire.take = take

    @asynccontextmanager
    async def connect(self) -> AsyncGenerator[Facade]:
        """Return its host's facade."""
        yield self._host.facade

    async def asked(self) -> Sequence[Asking]:
        """Return all that it can be asked now."""
        plugin, host = self._plugin, self._host
        surface = await read_surface(host, plugin)
        found = [
            Asking("stream" if one.stream else "method", one.name, dict(one.schema))
            for one in surface.methods
        ]
        found += [
            Asking("command", one.name, one.params, one.description) for one in host.commands.list(plugin)
        ]
        found += [
            Asking("endpoint", f"{one.method} {one.path}", _of_endpoint(one.path))
            for one in surface.endpoints
        ]
        found += [Asking("hook", name, _HOOK) for name in surface.hooks]
        topics = [one.topic for one in surface.events] or ["plugin.event"]
        found += [Asking("event", topic, _of_topic(topic)) for topic in dict.fromkeys(topics)]
        return [*found, Asking("contract", "health", _NOTHING), Asking("contract", "status", _NOTHING)]

    def faults(self, asking: Asking, params: dict[str, Any]) -> Sequence[tuple[str, str]]:
        """Return what its schema says against parameters."""
        if not asking.schema:
            return ()
        from host.manifest.schema_validator import allowed_by, make_validator

        found: list[tuple[str, str]] = []
        try:
            for error in make_validator(asking.schema).iter_errors(params):
                place = tuple(map(str, error.absolute_path))
                if error.validator == "required" and not place:
                    missing = [name for name in error.validator_value if name not in params]
                    found += [(name, "it is needed") for name in missing]
                else:
                    found.append((place[0] if place else "", f"allowed: {allowed_by(error)}"))
                if len(found) >= MAX_FAULTS:
                    break
        except Exception as exc:  # noqa: BLE001 - the border: the schema is the plugin's, and may be none
            return (("", f"its schema can't be used: {type(exc).__name__}"),)
        return list(dict.fromkeys(found))

    async def ask(self, asking: Asking, params: dict[str, Any]) -> AsyncGenerator[Any, None]:
        """Ask it."""
        host, plugin = self._host, self._plugin
        match asking.kind:
            case "method":
                yield await host.call(plugin, asking.name, params, timeout_s=ASK_S)
            case "stream":
                items = host.stream(plugin, asking.name, params)
                try:
                    async for item in items:
                        yield item
                finally:
                    await items.aclose()
            case "command":
                yield await host.command(asking.name, params, plugin=plugin, timeout_s=ASK_S)
            case "endpoint":
                yield await self._request(asking.name, params)
            case "hook":
                verdict = await host.hook(asking.name, params.get("value"))
                yield {"allowed": verdict.allowed, "value": verdict.value, "reason": verdict.reason}
            case "event":
                topic: Any = params.get("topic", asking.name)
                if not isinstance(topic, str):
                    raise InvalidParams("topic: allowed: a text such as user.login")
                seq = await host.emit(topic, params.get("data"))
                await until_handled(host, plugin, topic)
                yield {"topic": topic, "seq": seq}
            case "contract":
                answer = host.health(plugin) if asking.name == "health" else host.status(plugin)
                yield msgspec.to_builtins(await answer)

    def command_line(self, asking: Asking, params: dict[str, Any]) -> str:
        """Return the command that asks the same."""
        words = ["plughost", "inspect", str(self._folder)]
        match asking.kind:
            case "event":
                words += ["emit", str(params.get("topic", asking.name)), _json(params.get("data"))]
            case "hook":
                words += ["hook", asking.name, _json(params.get("value"))]
            case "contract":
                words += [asking.name]
            case "method":
                words += ["call", asking.name, _json(params)]
            case "endpoint":
                words += ["request", *asking.name.split(" ", 1), _json(params)]
            case kind:
                words += [kind, asking.name, _json(params)]
        return " ".join(map(shlex.quote, words))

    async def reload(self) -> None:
        """Check the edited package, end the old run and start a new one."""
        await anyio.to_thread.run_sync(checked, self._folder, self._plugin)
        await self._host.unload(self._plugin, dependants="keep")
        await self._host.rescan()
        await self._host.load(self._plugin)

    async def _request(self, name: str, params: Mapping[str, Any]) -> dict[str, Any]:
        method, _, path = name.partition(" ")
        parts = [_part(part, params) for part in path.split("/")]
        needed = {
            permission
            for one in self._host.endpoints.list(self._plugin)
            if (one.method, one.path) == (method, path)
            for permission in one.permissions
        }
        headers, query = _texts(params, "headers"), _texts(params, "query")
        request = Request(method, "/".join(parts), query, headers, params.get("body"))
        answer = await self._host.dispatch(request, Principal("inspect", tuple(sorted(needed))))
        data: Any = answer.data
        shown: Any = data.decode(errors="replace") if isinstance(data, bytes) else data
        return {"status": answer.status, "headers": dict(answer.headers), "data": shown}


def _of_endpoint(path: str) -> dict[str, Any]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{") and part.endswith("}")]
    properties: dict[str, Any] = {name: {"type": "string", "minLength": 1} for name in names}
    return {"type": "object", "properties": properties | _ENDPOINT, "required": names}


def _of_topic(topic: str) -> dict[str, Any]:
    properties = {"topic": {"type": "string", "minLength": 1, "default": topic}, "data": _ANY}
    return _EVENT | {"properties": properties}


def _part(part: str, params: Mapping[str, Any]) -> str:
    if not (part.startswith("{") and part.endswith("}")):
        return part
    return quote(str(params.get(part[1:-1], "")), safe="")


def _texts(params: Mapping[str, Any], name: str) -> dict[str, str]:
    found: Any = params.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise InvalidParams(f"{name}: allowed: an object of texts")
    return {key: str(value) for key, value in cast("dict[str, Any]", found).items()}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
