"""HTTP as the embedding application hands it over and gets it back; no server stands behind it.

Owns the bounds of requests and answers, and how their bodies go over the wire. Who may ask what is the
endpoints' business.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast
from urllib.parse import parse_qs

import msgspec

from host.choices import found
from host.errors import InvalidParams, InvalidResult
from host.masking import known
from protocol import jsonrpc
from protocol.messages.endpoints import Encoding, HttpResponse
from protocol.permissions import Permission, parse_permission

MAX_BODY_BYTES: Final = 10 * 1024 * 1024
"""Of a request; with base64 around it, it still fits a frame."""

MAX_HEADERS: Final = 100
MAX_HEADER_BYTES: Final = 64 * 1024
"""Of all headers together."""

MAX_QUERY_VALUES: Final = 1_000

FIRST_FAILURE: Final = 400
"""From this status on an answer says what went wrong. Source: RFC 9110, 15."""

NOT_HANDED_ON: Final = frozenset({"authorization", "cookie", "proxy-authorization"})
"""Headers with the caller's secrets: who asks is told by the principal."""

OF_THE_CONNECTION: Final = frozenset(
    {
        "connection",
        "content-length",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "proxy-authenticate",
    }
)
"""Headers that belong to whoever speaks HTTP, not to a plugin."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_JSON_TYPES = re.compile(r"application/(?:[\w.+-]+\+)?json\b", re.IGNORECASE)
_METHOD = re.compile(r"[A-Z]{1,20}\Z")


class BadRequest(Exception):
    """A request can't be handed on; `status` is the answer to it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, as the embedding application knows them. Raises InvalidParams for what is no permission."""

    name: str = ""
    permissions: Sequence[str | Permission] = ()
    """What they may do, such as `sessions:read`; kept as `Permission`s."""

    def __post_init__(self) -> None:
        if isinstance(self.permissions, str):
            raise InvalidParams(
                f"permissions: found {found(self.permissions)}; allowed: a list of permissions"
            )
        object.__setattr__(self, "permissions", tuple(map(_permission, self.permissions)))

    def held(self) -> tuple[Permission, ...]:
        """Return the permissions."""
        return cast("tuple[Permission, ...]", self.permissions)


def _permission(one: object) -> Permission:
    if isinstance(one, Permission):
        return one
    try:
        return parse_permission(cast("str", one))
    except (ValueError, AttributeError, TypeError):
        raise InvalidParams(
            f"permissions: found {found(one)}; allowed: resource:action or "
            "resource:action:scope, such as sessions:read",
            remedy="give what plugins' endpoints ask for, not the names of the application's own roles",
        ) from None


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. `path` is percent-encoded as it came, and may hold the query."""

    method: str
    path: str
    query: Mapping[str, str | Sequence[str]] = field(default_factory=dict[str, str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Any = None
    """Bytes as they came, or text, or a value that JSON expresses."""


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Names in lower case; `content-type` is among them where there is a body."""
    data: Any = None
    """The body: a JSON value, a text or bytes; None without one."""
    encoding: Encoding = "none"

    @property
    def content(self) -> bytes:
        """The body as bytes, as a server sends it."""
        match self.encoding:
            case "none":
                return b""
            case "json":
                return jsonrpc.encode(self.data)
            case "text":
                return str(self.data).encode()
            case "base64":
                return bytes(self.data)


def read_method(method: str) -> str:
    """Return a request's method in capitals. Raises BadRequest if it is none."""
    method = method.upper()
    if not _METHOD.match(method):
        raise BadRequest(400, f"{method[:20]!r} is no method")
    return method


def read_query(path: str, query: Mapping[str, str | Sequence[str]]) -> tuple[str, dict[str, list[str]]]:
    """Return the path alone, and the query's values by name. Raises BadRequest for too many."""
    bare, mark, text = path.partition("?")
    values: dict[str, list[str]] = {}
    if mark:
        try:
            values = parse_qs(text, keep_blank_values=True, max_num_fields=MAX_QUERY_VALUES)
        except ValueError as exc:
            raise BadRequest(400, f"the query can't be read: {exc}") from None
    for name, value in query.items():
        values[str(name)] = [value] if isinstance(value, str) else [str(one) for one in value]
    if sum(map(len, values.values())) > MAX_QUERY_VALUES:
        raise BadRequest(400, f"the query has more than {MAX_QUERY_VALUES} values")
    return bare, values


def read_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return a request's headers in lower case, without the caller's secrets. Raises BadRequest."""
    fault = header_fault(headers)
    if fault:
        raise BadRequest(431 if fault.startswith("too") else 400, fault)
    lowered = {str(name).lower(): str(value) for name, value in headers.items()}
    return {name: value for name, value in lowered.items() if name not in NOT_HANDED_ON}


def read_body(body: Any, headers: Mapping[str, str]) -> tuple[Any, Encoding]:
    """Return a request's body for the wire. Raises BadRequest: it is too large, or not what it says."""
    if body is None or (isinstance(body, bytes | bytearray) and not body):
        return None, "none"
    if not isinstance(body, bytes | bytearray | str):
        try:
            size = len(jsonrpc.encode(body))
        except (TypeError, ValueError, OverflowError, RecursionError) as exc:
            raise BadRequest(400, f"the body can't be expressed in JSON: {exc}") from None
        _check_size(size)
        return body, "json"
    raw = body.encode() if isinstance(body, str) else bytes(body)
    _check_size(len(raw))
    kind = headers.get("content-type", "")
    if _JSON_TYPES.match(kind):
        try:
            return jsonrpc.decode_any(msgspec.Raw(raw)), "json"
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
            raise BadRequest(400, f"the body is not JSON: {exc}") from None
    if isinstance(body, str) or kind.startswith("text/"):
        try:
            return raw.decode(), "text"
        except UnicodeDecodeError:
            pass
    return base64.b64encode(raw).decode(), "base64"


def answered(wire: HttpResponse) -> Response:
    """Return a plugin's answer, checked.

    Raises:
        InvalidResult: It is not one that may be sent.
    """
    if not 200 <= wire.status <= 599:
        raise InvalidResult(f"an endpoint answered with status {wire.status}; allowed: 200 to 599")
    if fault := header_fault(wire.headers):
        raise InvalidResult(f"an endpoint's answer: {fault}")
    headers = {name.lower(): value for name, value in wire.headers.items()}
    headers = {name: value for name, value in headers.items() if name not in OF_THE_CONNECTION}
    data = wire.body
    match wire.encoding:
        case "none":
            data = None
        case "json":
            headers.setdefault("content-type", "application/json")
        case "text":
            if not isinstance(data, str):
                raise InvalidResult("an endpoint's answer says that it is text, and is not")
            headers.setdefault("content-type", "text/plain; charset=utf-8")
        case "base64":
            try:
                data = base64.b64decode(str(data), validate=True)
            except (binascii.Error, ValueError) as exc:
                raise InvalidResult(f"an endpoint's answer is not base64: {exc}") from None
            headers.setdefault("content-type", "application/octet-stream")
    if wire.status >= FIRST_FAILURE:
        data = known.cleared_bytes(data) if isinstance(data, bytes) else known.cleared_value(data)
        # The mask is no Latin-1, as headers have to be.
        headers = {name: value for name, value in headers.items() if known.cleared(value) == value}
    return Response(wire.status, headers, data, wire.encoding)


def refusal(status: int, code: str, message: str, **more: Any) -> Response:
    """Return an answer of the host's own."""
    headers = {"content-type": "application/json"}
    if "allow" in more:
        headers["allow"] = ", ".join(more["allow"])
    if "retry_after_s" in more:
        headers["retry-after"] = str(more["retry_after_s"])
    return Response(status, headers, {"error": {"code": code, "message": message} | more}, "json")


def to_wire(response: Response) -> HttpResponse:
    """Return an answer for a plugin that asked."""
    data = response.data
    if response.encoding == "base64":
        data = base64.b64encode(bytes(data)).decode()
    return HttpResponse(response.status, dict(response.headers), data, response.encoding)


def from_wire(
    method: str,
    path: str,
    query: Mapping[str, Sequence[str]] | None,
    headers: Mapping[str, str] | None,
    body: Any,
    encoding: Encoding,
) -> Request:
    """Return a request that came over a wire, its body as it was. Raises InvalidParams."""
    try:
        content = answered(HttpResponse(200, {}, body, encoding)).data
    except InvalidResult:
        raise InvalidParams(f"body: found what is not {encoding}; allowed: what `encoding` says") from None
    return Request(method, path, query or {}, headers or {}, content)


def header_fault(headers: Mapping[str, str]) -> str:
    """Return what is wrong with headers, or an empty text. A line break in one would begin another."""
    if len(headers) > MAX_HEADERS:
        return f"too many headers: {len(headers)}; at most {MAX_HEADERS} are allowed"
    if sum(len(name) + len(value) for name, value in headers.items()) > MAX_HEADER_BYTES:
        return f"too large headers: at most {MAX_HEADER_BYTES} characters are allowed"
    for name, value in headers.items():
        if not _TOKEN.match(name):
            return f"a header can't be called {name[:100]!r}"
        if _breaks(value):
            return f"the header {name[:100]} holds a control character"
    return ""


def _breaks(text: Iterable[str]) -> bool:
    return any(char != "\t" and (char < " " or char == "\x7f") for char in text)


def _check_size(size: int) -> None:
    if size > MAX_BODY_BYTES:
        raise BadRequest(413, f"the body has {size} bytes; at most {MAX_BODY_BYTES} are allowed")
