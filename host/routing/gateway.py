"""The only door from a plugin to the host: is the method known, is it permitted, are its parameters right.

Functions are attached by name: the built-in ones and an embedder's. The caller's identity comes from the
connection, so no plugin can speak for another.
"""

import difflib
import inspect
import logging
import re
import time
from collections.abc import AsyncGenerator, Callable
from functools import partial
from typing import Any, Final

import anyio.to_thread
import msgspec

from host.errors import Denied, DuplicateApi, InvalidParams, MethodNotFound, WrongShape
from host.facade import Caller
from host.ids import PluginId, SessionId
from host.masking import known
from host.permissions.policy import Grants
from host.routing.rate_limits import RateLimits
from host.routing.serving import Served, served
from protocol import jsonrpc
from protocol.annotations import bare, types_in
from protocol.incoming import Inbound, Stream
from protocol.messages.meta import Meta
from protocol.methods import METHODS, Method
from protocol.namespaces import RESERVED_NAMESPACES
from protocol.openrpc import document, method_entry
from protocol.parameters import EMPTY
from protocol.permissions import Permission, parse_permission
from protocol.signatures import Signature, SignatureFault, read_signature

logger = logging.getLogger(__name__)

_NAME = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+\Z")
MAX_NAME_CHARS: Final = 200
"""Of a method that is not there, in the error; near names are proposed for shorter ones alone."""

Notified = Callable[[Caller, str, msgspec.Raw], None]


class Endpoint:
    """One function that plugins may call."""

    __slots__ = ("function", "method", "name", "permission", "scope_parameter", "signature")

    def __init__(self, name: str, function: Callable[..., Any], permission: str | None) -> None:
        self.name = name
        self.function = function
        self.signature: Signature = read_signature(function, inject=_is_caller)
        self.method: Method | None = METHODS.get(name)
        if self.method is None:
            # An application's; of the host's own functions it is known, and they are many.
            _refuse_forged(self.signature, function)
        self.permission: Permission | None = None
        self.scope_parameter: str | None = None
        if permission is not None:
            bare, brace, rest = permission.partition(":{")
            if brace:
                self.scope_parameter = rest.removesuffix("}")
            self.permission = parse_permission(bare)

    def required(self, arguments: dict[str, Any]) -> Permission | None:
        """Return what a plugin needs to be granted for these arguments."""
        if self.permission is None or self.scope_parameter is None:
            return self.permission
        scope = str(arguments.get(self.scope_parameter, ""))
        return Permission(self.permission.resource, self.permission.action, scope)


class ApiGateway:
    """The registry of functions, and the door to them."""

    def __init__(self) -> None:
        self._endpoints: dict[str, Endpoint] = {}
        self._notified: dict[str, Notified] = {}
        self.rate_limits: RateLimits | None = None
        """Set by whoever builds the host; None: nothing is limited."""

    def attach(self, name: str, function: Callable[..., Any], *, permission: str | None = None) -> None:
        """Attach an embedder's function.

        Raises:
            DuplicateApi: The name is taken or reserved.
            InvalidParams: The function can't be called from JSON.
        """
        namespace = name.partition(".")[0]
        if namespace in RESERVED_NAMESPACES:
            raise DuplicateApi(
                f"the API name {name!r} begins with {namespace!r}, which belongs to the host",
                remedy="choose another first part",
            )
        if not _NAME.match(name):
            raise DuplicateApi(f"the API name {name!r} is not namespace.method in lower case")
        self._attach(name, function, permission)

    def attach_builtin(self, name: str, function: Callable[..., Any]) -> None:
        """Attach the function behind a request or stream of the method table."""
        self._attach(name, function, METHODS[name].permission)

    def attach_notification(self, name: str, function: Notified) -> None:
        """Attach the function behind a notification of the method table. It must not block."""
        assert METHODS[name].kind == "notification"
        self._notified[name] = function

    def demand(self, name: str, permission: str) -> None:
        """Let what was free need a permission: one function, or all of a namespace that need none.

        Raises:
            InvalidParams: There is no such function or namespace, or it is no permission.
        """
        try:
            needed = parse_permission(permission)
        except ValueError as exc:
            raise InvalidParams(f"permission: found {permission[:80]!r}; {exc}") from exc
        meant = [one for one in self._endpoints.values() if name in (one.name, one.name.partition(".")[0])]
        if not meant:
            near = difflib.get_close_matches(name, self.names(), n=3)
            raise MethodNotFound("the host", name, near)
        for one in meant:
            if one.permission is None:
                one.permission = needed

    def names(self) -> list[str]:
        """Return every name that is attached."""
        return [*self._endpoints, *self._notified]

    def open(self, plugin: PluginId, session: SessionId, grants: Grants) -> "PluginGate":
        """Return the door of one session."""
        return PluginGate(self, plugin, session, grants)

    def find(self, name: str) -> Endpoint | None:
        """Return what is attached under a name."""
        return self._endpoints.get(name)

    def notification(self, name: str) -> Notified | None:
        """Return what is attached under a notification's name."""
        return self._notified.get(name)

    def describe(self) -> dict[str, Any]:
        """Return the OpenRPC document of all that is attached."""
        methods: list[dict[str, Any]] = []
        for endpoint in self._endpoints.values():
            params, result = endpoint.signature.schema()
            summary = (
                endpoint.method.summary if endpoint.method else (inspect.getdoc(endpoint.function) or "")
            )
            entry = method_entry(
                endpoint.name,
                params,
                result,
                summary=summary.partition("\n")[0],
                stream=endpoint.signature.shape == "stream",
            )
            if endpoint.method is None and "\n" in summary:
                entry["description"] = summary
            if endpoint.permission is not None:
                entry["x-permission"] = str(endpoint.permission)
            methods.append(entry)
        return document("plughost", methods)

    def _attach(self, name: str, function: Callable[..., Any], permission: str | None) -> None:
        if name in self._endpoints:
            raise DuplicateApi(f"the API name {name!r} is taken already", remedy="register each name once")
        try:
            self._endpoints[name] = Endpoint(name, function, permission)
        except (SignatureFault, ValueError) as exc:
            raise InvalidParams(f"the API {name!r} can't be registered: {exc}") from exc


class PluginGate:
    """The door of one session."""

    def __init__(self, gateway: ApiGateway, plugin: PluginId, session: SessionId, grants: Grants) -> None:
        self._gateway = gateway
        self._grants = grants
        self._caller = Caller(plugin, session, grants.texts(), None)
        self._limits = gateway.rate_limits.gate(plugin) if gateway.rate_limits is not None else None

    async def handle(self, inbound: Inbound) -> Any:
        """Serve one request.

        Raises:
            MethodNotFound, Denied, InvalidParams, WrongShape: It is not let in, and why.
        """
        endpoint = self._gateway.find(inbound.method)
        if endpoint is None:
            wanted = inbound.method
            # Comparing a name of megabytes would hold the event loop.
            is_name = len(wanted) <= MAX_NAME_CHARS
            near = difflib.get_close_matches(wanted, self._gateway.names(), n=3) if is_name else []
            raise MethodNotFound("the host", known.beginning(wanted, MAX_NAME_CHARS), near)
        if self._limits is not None:
            self._limits.check(endpoint.name)
        signature = endpoint.signature
        if endpoint.permission is not None and endpoint.scope_parameter is None:
            self._check(endpoint.permission)
        args, kwargs, meta = signature.decode(_by_name(inbound.params, signature))
        if endpoint.scope_parameter is not None:
            required = endpoint.required(dict(zip(signature.names, args, strict=False)) | kwargs)
            assert required is not None
            self._check(required)
        left_s = self._serve(meta)
        if signature.injected is not None:
            caller = self._caller
            if left_s is not None:
                caller = Caller(caller.plugin, caller.session, caller.permissions, left_s)
            args = signature.inject(caller, args, kwargs)
        wants = meta.stream if meta is not None else None
        if signature.shape == "stream":
            if wants is None:
                raise WrongShape(f"{endpoint.name} is a stream", remedy="iterate it with `async for`")
            items = endpoint.function(*args, **kwargs)
            return Stream(items if signature.is_async else _in_threads(items), wants.credit)
        if wants is not None:
            raise WrongShape(f"{endpoint.name} is not a stream", remedy="await it")
        if signature.is_async:
            return await endpoint.function(*args, **kwargs)
        return await anyio.to_thread.run_sync(
            partial(endpoint.function, *args, **kwargs), abandon_on_cancel=True
        )

    def notified(self, method: str, params: msgspec.Raw) -> None:
        """Take one notification; an unknown one is logged."""
        function = self._gateway.notification(method)
        if function is None:
            logger.warning(
                "unknown notification %.100r",
                known.beginning(method, MAX_NAME_CHARS),
                extra={"fields": {"plugin": self._caller.plugin}},
            )
        else:
            function(self._caller, method, params)

    def _check(self, required: Permission) -> None:
        decision = self._grants.decide(required)
        if not decision.allowed:
            self._grants.denied += 1
            raise Denied(
                decision.reason,
                remedy=decision.declare,
                plugin=self._caller.plugin,
                permission=str(required),
            )

    def _serve(self, meta: Meta | None) -> float | None:
        """Let calls that serve the request inherit from it; return what is left of its budget, if any."""
        if meta is None or (meta.deadline_ms is None and meta.parent is None):
            if served.get() is not None:
                # The connection's own task may have been started while some other call was served.
                served.set(None)
            return None
        left_s = until = None
        if meta.deadline_ms is not None:
            left_s = meta.deadline_ms / 1_000 if meta.deadline_ms > 0 else 0.0
            until = time.monotonic() + left_s
        base = self._caller
        served.set(Served(base.plugin, base.session, meta.parent, meta.traceparent, until))
        return left_s


def _is_caller(parameter: str, annotation: Any) -> bool:
    return bare(annotation) is Caller or (parameter == "caller" and annotation is EMPTY)


def _refuse_forged(signature: Signature, function: Callable[..., Any]) -> None:
    """Raise SignatureFault where a plugin could fill in who calls: the host alone says that, once."""
    for field in msgspec.structs.fields(signature.params):
        if field.name == "caller" or any(getattr(one, "cls", None) is Caller for one in types_in(field.type)):
            name = getattr(function, "__qualname__", repr(function))
            raise SignatureFault(
                f"{name}: parameter {field.name!r} would be a caller that the plugin makes up; who calls is "
                f"filled in by the host, in one parameter of the type Caller; name any other otherwise"
            )


def _by_name(params: msgspec.Raw, signature: Signature) -> bytes | msgspec.Raw:
    """Turn an array, which is in declared order, into an object."""
    if bytes(params).lstrip()[:1] != b"[":
        return params
    try:
        values = msgspec.json.decode(params, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise InvalidParams(f"the parameters can't be read: {exc}") from None
    if len(values) > len(signature.names):
        raise InvalidParams(f"{len(values)} parameters; at most {len(signature.names)} are allowed")
    return jsonrpc.encode(dict(zip(signature.names, values, strict=False)))


async def _in_threads(items: Any) -> AsyncGenerator[Any, None]:
    end = object()
    while (item := await anyio.to_thread.run_sync(next, items, end)) is not end:
        yield item
