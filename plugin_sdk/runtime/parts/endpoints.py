"""The HTTP endpoints of a plugin: marked methods, and handlers that were registered in code.

A handler's parameters are filled by what they are called or annotated with: `request` (or `req`), `res` to be
filled in, `body`, the path's parameters, and any other from the query.
"""

import inspect
import re
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from plugin_sdk.context import Context, current
from plugin_sdk.decorators.endpoint import EndpointMark
from plugin_sdk.http import HttpError, Request, Response, ResponseRecorder, encoded
from plugin_sdk.runtime.callee import Callee, callee_named
from plugin_sdk.runtime.link import Link
from plugin_sdk.runtime.source import Source
from protocol.choices import told
from protocol.errors import INVALID_PARAMS, METHOD_NOT_FOUND, NAMES, PLUGIN_ERROR, RpcError
from protocol.incoming import Inbound
from protocol.messages.endpoints import EndpointCall, HttpResponse
from protocol.messages.provides import Endpoint
from protocol.signatures import SignatureFault

_PLACE = re.compile(r"\{([^{}/]+)\}")
_REQUEST = frozenset({"request", "req"})
_RECORDER = frozenset({"response", "res"})
_STATUS_OF_PURPOSE = 500
"""Where a handler raises PluginError and says no status."""


class EndpointHandler:
    """One endpoint."""

    __slots__ = ("_callee", "_from_path", "_parameters", "declared")

    def __init__(self, name: str, method: str, path: str, permissions: Sequence[str], callee: Callee) -> None:
        self._callee = callee
        self._from_path = frozenset(_PLACE.findall(path))
        self._parameters = _parameters(callee)
        self.declared = Endpoint(name, method.upper(), path, tuple(permissions))

    @property
    def where(self) -> str:
        """Name of the function, for messages."""
        return self._callee.where

    def bind(self) -> None:
        """Take the method of the instance."""
        self._callee.bind()

    async def run(self, request: Request, link: Link) -> Response:
        """Answer a request. Raises HttpError for a parameter that is not what its annotation says."""
        recorder = ResponseRecorder()
        values: dict[str, Any] = {}
        for name, (annotation, default) in self._parameters.items():
            if annotation is Request or name in _REQUEST:
                values[name] = request
            elif annotation is ResponseRecorder or name in _RECORDER:
                values[name] = recorder
            elif annotation is Context:
                values[name] = current.get()
            elif name in self._from_path:
                values[name] = _converted(name, request.params.get(name, ""), annotation, 404)
            elif name == "body":
                values[name] = _body(request, annotation)
            elif name in request.query:
                many = request.query_all[name] if _is_list(annotation) else request.query[name]
                values[name] = _converted(name, many, annotation, 400)
            elif default is inspect.Parameter.empty:
                raise HttpError(400, f"the query parameter {name!r} is required")
        result = await link.invoke(self._callee.function, **values)
        if isinstance(result, Response):
            return result
        made = recorder.made()
        if made is not None and result is None:
            return made
        return Response(result, 204 if result is None else 200)


class EndpointsPart:
    """All endpoints of one plugin."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._sources: Sequence[Source] = ()
        self._endpoints: dict[str, EndpointHandler] = {}
        self.controls = {"plugin.endpoint": self._answer}

    def read(self, sources: Sequence[Source]) -> Mapping[str, Any]:
        """Return what marked methods answer."""
        for source in sources:
            for _, attribute, mark in source.marked(EndpointMark):
                self.add(mark.method, mark.path, Callee.of_method(source, attribute), mark.permissions)
        return {"endpoints": tuple(one.declared for one in self._endpoints.values())}

    def bind(self, sources: Sequence[Source]) -> None:
        """Take the instances' methods."""
        self._sources = sources
        for one in self._endpoints.values():
            one.bind()

    def notified(self, method: str, params: msgspec.Raw) -> None:
        """Take nothing: there are no notifications of endpoints."""

    async def stop(self) -> None:
        """Do nothing: requests under way end by themselves, and the host sends no more."""

    def add(
        self,
        method: str,
        path: str,
        handler: Callee | Callable[..., Any],
        permissions: Sequence[str] = (),
    ) -> Endpoint:
        """Add an endpoint; the host does not know of it yet. Raises SignatureFault if it can't be one."""
        callee = handler if isinstance(handler, Callee) else Callee.of_function(handler)
        name = endpoint_name(method, path)
        there = self._endpoints.get(name)
        if there is not None:
            raise SignatureFault(
                f"{callee.where} answers {name!r} already"
                if there.where == callee.where
                else f"{there.where} and {callee.where} both answer {name!r}"
            )
        self._endpoints[name] = made = EndpointHandler(name, method, path, permissions, callee)
        return made.declared

    def remove(self, name: str) -> bool:
        """Remove an endpoint; return whether it was there."""
        return self._endpoints.pop(name, None) is not None

    def answers(self, declared: Endpoint) -> bool:
        """Tell whether something answers an endpoint that the manifest declares."""
        path = declared.path.strip("/")
        coded = any(
            one.declared.method == declared.method and one.declared.path.strip("/").endswith(path)
            for one in self._endpoints.values()
        )
        return coded or callee_named(self._sources, declared.name) is not None

    async def _answer(self, inbound: Inbound) -> HttpResponse:
        try:
            call = msgspec.json.decode(inbound.params, type=EndpointCall)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
            raise RpcError(INVALID_PARAMS, f"{inbound.method}: {exc}") from None
        one = self._endpoints.get(call.endpoint)
        if one is None and (callee := callee_named(self._sources, call.endpoint)) is not None:
            # The manifest declares it, and names the method.
            places = "".join(f"/{{{name}}}" for name in call.request.params)
            one = EndpointHandler(call.endpoint, call.request.method, places, (), callee)
            self._endpoints[call.endpoint] = one
        if one is None:
            raise RpcError(METHOD_NOT_FOUND, f"there is no endpoint {call.endpoint[:200]!r}")
        try:
            made = await one.run(Request(call.request), self._link)
        except RpcError as exc:
            made = _of_error(exc)
        except Exception as exc:  # noqa: BLE001 - the border of an author's function; the log names it
            raise self._link.unexpected(exc, f"endpoint {call.endpoint!r}") from None
        is_json = made.headers.get("content-type", "").startswith("application/json")
        body, encoding = encoded(made.body, as_json=is_json and made.body is not None)
        return HttpResponse(made.status, made.headers, body, encoding)


def endpoint_name(method: str, path: str) -> str:
    """Return the name of an endpoint, by which the host calls it."""
    return f"{method.upper()} {path}"


def _parameters(callee: Callee) -> dict[str, tuple[Any, Any]]:
    """Return annotation and default of each parameter."""
    try:
        hints = typing.get_type_hints(callee.shape)
    except Exception as exc:  # an annotation is any expression, so reading it can raise anything
        raise SignatureFault(f"{callee.where}: its annotations can't be read: {exc}") from exc
    found: dict[str, tuple[Any, Any]] = {}
    for name, parameter in inspect.signature(callee.shape).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise SignatureFault(f"{callee.where}: parameter {name!r} must have a name of its own")
        found[name] = (hints.get(name, Any), parameter.default)
    if inspect.isasyncgenfunction(callee.shape) or inspect.isgeneratorfunction(callee.shape):
        raise SignatureFault(f"{callee.where}: an endpoint answers once, it is no stream")
    return found


def _is_list(annotation: Any) -> bool:
    return typing.get_origin(annotation) is list or annotation is list


def _converted(name: str, value: Any, annotation: Any, status: int) -> Any:
    try:
        return msgspec.convert(value, annotation, strict=False)
    except msgspec.ValidationError as exc:
        text = told(exc, annotation)
        raise HttpError(status, f"parameter {name!r}: {text[:1].lower()}{text[1:]}") from None


def _body(request: Request, annotation: Any) -> Any:
    if annotation is bytes:
        return request.content()
    if annotation is str:
        return request.text()
    if annotation is Any:
        return request.body
    try:
        return msgspec.convert(request.json(), annotation)
    except msgspec.ValidationError as exc:
        text = told(exc, annotation)
        raise HttpError(422, f"the body: {text[:1].lower()}{text[1:]}") from None


def _of_error(exc: RpcError) -> Response:
    """Return the answer for what a handler raised on purpose, or for what the host refused it."""
    data: Any = exc.data
    detail: Any = data
    status: Any = _STATUS_OF_PURPOSE
    if isinstance(data, dict):
        given: Any = typing.cast("dict[str, Any]", data).get("status")
        if isinstance(given, int) and 400 <= given <= 599:
            status = given
    if isinstance(exc, HttpError):
        status, detail = exc.status, exc.detail
    code = NAMES.get(exc.code, "application_error") if exc.code != PLUGIN_ERROR else "plugin_error"
    error = {"code": code, "message": exc.message} | ({} if detail is None else {"data": detail})
    return Response({"error": error}, status)
