"""Where jsonrpcserver answers the control socket. The only file that imports it, once a server starts.

It looks methods up, takes batches apart and puts answers together. Around it stands a wall: what it is given
has been checked, parameters reach it unread, handlers never raise into it, and its own errors, which would
put the text of an exception on the wire, become ours.
"""

import logging
import warnings
from collections.abc import Awaitable, Callable, Mapping
from difflib import get_close_matches
from typing import Any, Literal, TypeVar, cast

import msgspec

from host.control.error_mapping import incident_of, to_wire
from host.control.wire import MAX_FRAME_BYTES, encode
from host.errors import FrameTooLarge, MethodNotFound, Overloaded, ProtocolFault
from host.ids import new_incident_id
from protocol.errors import INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR, ErrorObject
from protocol.jsonrpc import valid_id

with warnings.catch_warnings():
    # It reads its schema by a function that Python 3.11 and 3.12 call outdated and later ones do not.
    warnings.filterwarnings("ignore", "read_text is deprecated", DeprecationWarning)
    # The same, one call deeper.
    warnings.filterwarnings("ignore", "open_text is deprecated", DeprecationWarning)
    import jsonrpcserver

RequestId = int | float | str | None

_C = TypeVar("_C")
Handler = Callable[[_C, RequestId, bytes], Awaitable[msgspec.Raw]]
"""`handler(context, id, params)` serves one request; params are JSON text of an object or an array."""

logger = logging.getLogger(__name__)


class _Request(msgspec.Struct, forbid_unknown_fields=True):
    jsonrpc: Literal["2.0"]
    method: str
    id: int | float | str | None | msgspec.UnsetType = msgspec.UNSET
    params: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class Dispatcher:
    """Answers lines."""

    def __init__(self, handlers: Mapping[str, Handler[Any]]) -> None:
        self._methods = {name: _behind_a_wall(name, handler) for name, handler in handlers.items()}
        self._names = [*handlers]

    def read(self, line: bytes) -> "Asked | bytes":
        """Return what a line asks for, or the answer if it asks for nothing that can be done."""
        try:
            raw = msgspec.json.decode(line, type=msgspec.Raw)
            is_batch = bytes(raw)[:1] == b"["
            many = msgspec.json.decode(line, type=list[msgspec.Raw]) if is_batch else [raw]
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
            return _refusal(PARSE_ERROR, "Parse error", f"the line is not JSON: {exc}")
        if not many:
            return _refusal(INVALID_REQUEST, "Invalid request", "a batch has at least one member")
        requests: list[dict[str, Any]] = []
        for one in many:
            try:
                found = msgspec.json.decode(one, type=_Request)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
                return _refusal(INVALID_REQUEST, "Invalid request", str(exc))
            params = b"{}" if isinstance(found.params, msgspec.UnsetType) else bytes(found.params)
            if params[:1] not in (b"{", b"["):
                return _refusal(INVALID_REQUEST, "Invalid request", "params: an object or an array")
            request: dict[str, Any] = {"jsonrpc": "2.0", "method": found.method}
            if not isinstance(found.id, msgspec.UnsetType):
                if not (found.id is None or isinstance(found.id, float) or valid_id(found.id)):
                    return _refusal(INVALID_REQUEST, "Invalid request", "id: 64 bits, or 128 characters")
                request["id"] = found.id
            # Their text goes to the handler as it came: it is decoded once, in the types of its method.
            request["params"] = {"request_id": request.get("id"), "params": params}
            requests.append(request)
        return Asked(requests if is_batch else requests[0], len(requests))

    async def answer(self, asked: "Asked", context: Any) -> bytes | None:
        """Serve what was asked; return the line to send, or None where nobody wants an answer."""
        found: Any = await jsonrpcserver.async_dispatch_to_serializable(
            asked.document,
            methods=self._methods,
            context=context,
            deserializer=lambda document: document,
            validator=lambda document: document,
        )
        if found is None:
            return None
        is_batch = isinstance(found, list)
        answers = cast("list[dict[str, Any]]", found if is_batch else [found])
        for one in answers:
            if "error" in one:
                one["error"] = self._ours(one["error"])
        line = encode(found) + b"\n"
        if len(line) - 1 > MAX_FRAME_BYTES:
            large = FrameTooLarge(
                f"the answer has {len(line)} bytes; a line may have {MAX_FRAME_BYTES}",
                remedy="ask for less at once",
            )
            request_id = None if is_batch else answers[0].get("id")
            return self.error_line(request_id, to_wire(large, "the request"))
        return line

    def overloaded(self, asked: "Asked", limit: int) -> bytes:
        """Return the answer to what comes while too much is worked on; empty where nobody wants one."""
        document = cast("dict[str, Any] | None", None if isinstance(asked.document, list) else asked.document)
        if document is not None and "id" not in document:
            return b""
        error = Overloaded(
            f"more than {limit} requests of this client are worked on",
            remedy="wait for answers before asking more",
            limit=limit,
        )
        request_id = None if document is None else document["id"]
        return self.error_line(request_id, to_wire(error, "the request"))

    @staticmethod
    def error_line(request_id: RequestId, error: ErrorObject) -> bytes:
        """Return the line that answers with an error."""
        return encode({"jsonrpc": "2.0", "error": error, "id": request_id}) + b"\n"

    def _ours(self, error: dict[str, Any]) -> dict[str, Any] | ErrorObject:
        """Return an error of the library's own in our form; its data is a text, ours never is."""
        data = error.get("data")
        if not isinstance(data, str):
            return error
        if error["code"] == METHOD_NOT_FOUND:
            near = get_close_matches(data[:100], self._names, 3)
            missing = MethodNotFound("the control socket", data[:100], near)
            return ErrorObject(METHOD_NOT_FOUND, error["message"], missing.as_json())
        incident = new_incident_id()
        logger.error(
            "the control socket's dispatcher failed",
            extra={"fields": {"incident": incident, "error": data}},
        )
        return incident_of("the request", incident)


class Asked(msgspec.Struct, frozen=True):
    """A request or a batch of them, checked."""

    document: Any
    count: int


def _behind_a_wall(name: str, handler: Handler[Any]) -> Callable[..., Awaitable[jsonrpcserver.Result]]:
    async def serve(context: Any, /, *, request_id: RequestId, params: bytes) -> jsonrpcserver.Result:
        try:
            return jsonrpcserver.Success(await handler(context, request_id, params))
        except Exception as exc:  # noqa: BLE001 - the border of a request
            error = to_wire(exc, name)
            return jsonrpcserver.Error(error.code, error.message, error.data)

    return serve


def _refusal(code: int, message: str, detail: str) -> bytes:
    fault = ProtocolFault(detail, remedy="send one JSON-RPC 2.0 request, or a batch of them, in each line")
    return Dispatcher.error_line(None, ErrorObject(code, message, fault.as_json()))
