"""HTTP as values: the request that an endpoint's handler gets, and what it may answer.

Nothing here listens anywhere: the host receives requests and decides who may ask.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Self

import msgspec

from protocol import jsonrpc
from protocol.errors import PLUGIN_ERROR, RpcError
from protocol.messages.endpoints import Encoding, HttpRequest


class HttpError(RpcError):
    """Raised by a handler to answer with a status of its own and one sentence."""

    def __init__(self, status: int, message: str, data: Any = None) -> None:
        super().__init__(PLUGIN_ERROR, message, {"status": status, "data": data})
        self.status = status
        self.detail = data


class Response:
    """An answer with a status and headers; `body` is text, bytes, or anything that JSON expresses."""

    def __init__(self, body: Any = None, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self.body = body
        self.status = status
        self.headers = dict(headers or {})


class Request:
    """One request."""

    def __init__(self, wire: HttpRequest) -> None:
        self.method = wire.method
        self.path = wire.path
        self.params = dict(wire.params)
        """What stood in the places of the path's parameters."""
        self.query = {name: values[-1] for name, values in wire.query.items() if values}
        """The last value of each parameter behind the question mark."""
        self.query_all = dict(wire.query)
        self.headers = dict(wire.headers)
        """Names in lower case."""
        self.principal = wire.principal
        """Who asks, as the application calls them."""
        self.permissions = wire.permissions
        """What they may do."""
        self.body: Any = decoded(wire.body, wire.encoding)
        """A JSON value, a text, or bytes, as it came; None without one."""

    def json(self) -> Any:
        """Return the body as a JSON value.

        Raises:
            HttpError: 400, it is none.
        """
        if not isinstance(self.body, bytes | str):
            return self.body
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
            raise HttpError(400, f"the body is not JSON: {exc}") from None

    def text(self) -> str:
        """Return the body as text; of a JSON value, its JSON."""
        if isinstance(self.body, str):
            return self.body
        return self.content().decode(errors="replace")

    def content(self) -> bytes:
        """Return the body as bytes."""
        if isinstance(self.body, bytes):
            return self.body
        if isinstance(self.body, str):
            return self.body.encode()
        return b"" if self.body is None else jsonrpc.encode(self.body)


class ResponseRecorder:
    """A response that is filled in step by step: `res.status(201).json({...})`."""

    def __init__(self) -> None:
        self._made = Response(status=200)
        self._used = False

    def status(self, code: int) -> Self:
        """Set the status."""
        self._made.status = code
        self._used = True
        return self

    def header(self, name: str, value: str) -> Self:
        """Set a header."""
        self._made.headers[name] = value
        return self

    def json(self, value: Any) -> Self:
        """Answer with a JSON value."""
        self._used = True
        self._made.body = value
        self._made.headers.setdefault("content-type", "application/json")
        return self

    def send(self, body: Any = None) -> Self:
        """Answer with text, bytes or a JSON value."""
        self._used = True
        self._made.body = body
        return self

    def end(self) -> Self:
        """Answer with nothing more."""
        self._used = True
        return self

    def made(self) -> Response | None:
        """Return what was filled in, or None if nothing was."""
        return self._made if self._used else None


def encoded(body: Any, *, as_json: bool = False) -> tuple[Any, Encoding]:
    """Return a body for the wire."""
    if body is None and not as_json:
        return None, "none"
    if isinstance(body, bytes | bytearray):
        return base64.b64encode(body).decode(), "base64"
    return body, "text" if isinstance(body, str) and not as_json else "json"


def decoded(body: Any, encoding: Encoding) -> Any:
    """Return a body that came by the wire."""
    if encoding != "base64":
        return body
    try:
        return base64.b64decode(str(body), validate=True)
    except binascii.Error as exc:
        raise HttpError(400, f"the body is not base64: {exc}") from None
