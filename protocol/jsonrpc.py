"""JSON-RPC 2.0 envelopes: lines to messages, messages to lines.

Owns what a message looks like. Does not know methods, ids in use or what to do with a bad line.
Params, results and errors stay raw here and are decoded once, in the type of whoever takes them.
"""

from typing import Literal, TypeGuard

import msgspec

from protocol.errors import PROTOCOL_FAULT, ErrorObject
from protocol.framing import HEAD_BYTES, Fault, FaultKind, split_lines

RequestId = int | str

MIN_ID = -(2**63)
MAX_ID = 2**64 - 1
MAX_ID_CHARS = 128

MAX_FAULTS = 128
"""Bad lines of one block that are reported one by one; the rest is one more fault that says how many."""

INVALID_ANSWER = PROTOCOL_FAULT
"""Code under which this side sees an answer that is not one."""


class Message(msgspec.Struct, gc=False):
    """One JSON-RPC message as it came. Which kind it is follows from the members that are there."""

    jsonrpc: Literal["2.0"]
    id: int | str | None | msgspec.UnsetType = msgspec.UNSET
    method: str | msgspec.UnsetType = msgspec.UNSET
    params: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    result: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    error: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_EMPTY_CHARS = len("{}")

_decoder = msgspec.json.Decoder(Message)
_encoder = msgspec.json.Encoder()
_decode_error = msgspec.json.Decoder(ErrorObject).decode

encode = _encoder.encode
"""Any JSON-able value to bytes. Raises TypeError, ValueError or OverflowError for others."""

decode_any = msgspec.json.Decoder().decode
"""JSON text to plain Python values. Raises msgspec.DecodeError; raw members are only checked here."""


def decode_block(block: bytes) -> tuple[list[Message], list[Fault]]:
    """Decode whole lines. A bad line becomes a `Fault` and costs its neighbours nothing."""
    end = len(block) - 1
    try:
        if block.find(b"\n") == end:  # one line, as a lone call's answer is
            return [_decoder.decode(block)], []
        messages = _decoder.decode_lines(block)
    except Exception:  # noqa: BLE001 - a deep nesting raises RecursionError, bad text others; all mean "look closer"
        return _decode_slowly(block)
    # To the decoder a newline is any white space: it takes two texts in a line, and one text in two lines.
    # Counting is what every read can afford; who mixes both in one block to pass gains nothing by it.
    if block.count(b"\n") == len(messages):
        return messages, []
    return _decode_slowly(block)


def _decode_slowly(block: bytes) -> tuple[list[Message], list[Fault]]:
    messages: list[Message] = []
    faults: list[Fault] = []
    unreported = 0
    for line in split_lines(block):
        text = line.strip()
        if not text:
            continue
        first = text[:1]
        if first == b"{":
            try:
                messages.append(_decoder.decode(text))
                continue
            except Exception as exc:  # noqa: BLE001 - see decode_block
                reason = exc
        else:
            reason = None
        if len(faults) >= MAX_FAULTS:
            unreported += 1
        elif reason is not None:
            faults.append(Fault(FaultKind.MALFORMED, str(reason), text[:HEAD_BYTES]))
        elif first == b"[":
            faults.append(Fault(FaultKind.BATCH, "batches are not taken on this pipe", text[:HEAD_BYTES]))
        else:
            faults.append(Fault(FaultKind.STRAY, "not a JSON-RPC message", text[:HEAD_BYTES]))
    if unreported:
        faults.append(Fault(faults[-1].kind, f"{unreported} more lines that are no messages", b""))
    return messages, faults


def valid_id(request_id: object) -> TypeGuard[RequestId]:
    """Tell whether an id may be echoed: a 64-bit integer or a short string."""
    if isinstance(request_id, int):
        return MIN_ID <= request_id <= MAX_ID
    return isinstance(request_id, str) and len(request_id) <= MAX_ID_CHARS


def decode_error(raw: msgspec.Raw) -> ErrorObject:
    """Decode the `error` member. Raises msgspec.DecodeError where it is not an error object."""
    return _decode_error(raw)


def method_name(method: str) -> bytes:
    """Return a method's name as JSON text, for `build_request` and `build_notification`."""
    return encode(method)


def build_request(request_id: int, name: bytes, params: bytes) -> bytes:
    """Build a request line. `name` is JSON text; `params` JSON text or empty."""
    if params:
        return b'{"jsonrpc":"2.0","id":%d,"method":%b,"params":%b}\n' % (request_id, name, params)
    return b'{"jsonrpc":"2.0","id":%d,"method":%b}\n' % (request_id, name)


def build_call(request_id: int, name: bytes, params: bytes, left_ms: int, meta: bytes) -> bytes:
    """Build a request line with `_meta`: `left_ms` of budget, and `meta`, members with a leading comma each.

    `params` is the text of an object, compact where it is empty, and is spliced without being decoded.
    """
    if len(params) <= _EMPTY_CHARS:
        return b'{"jsonrpc":"2.0","id":%d,"method":%b,"params":{"_meta":{"deadline_ms":%d%b}}}\n' % (
            request_id,
            name,
            left_ms,
            meta,
        )
    return b'{"jsonrpc":"2.0","id":%d,"method":%b,"params":%b,"_meta":{"deadline_ms":%d%b}}}\n' % (
        request_id,
        name,
        params[:-1],
        left_ms,
        meta,
    )


def call_form(name: bytes, left_ms: int) -> bytes:
    """Return what `% (request_id, params[:-1])` makes the line of `build_call` of, for any such call."""
    form = b'{"jsonrpc":"2.0","id":%%d,"method":%b,"params":%%b,"_meta":{"deadline_ms":%d}}}\n'
    return form % (name.replace(b"%", b"%%"), left_ms)


def build_notification(name: bytes, params: bytes) -> bytes:
    """Build a notification line. `name` is JSON text; `params` JSON text or empty."""
    if params:
        return b'{"jsonrpc":"2.0","method":%b,"params":%b}\n' % (name, params)
    return b'{"jsonrpc":"2.0","method":%b}\n' % name


def build_result(request_id: RequestId, result: bytes) -> bytes:
    """Build a success line. `result` is JSON text."""
    if type(request_id) is int:
        return b'{"jsonrpc":"2.0","id":%d,"result":%b}\n' % (request_id, result)
    return b'{"jsonrpc":"2.0","id":%b,"result":%b}\n' % (encode(request_id), result)


def build_error(request_id: RequestId | None, error: ErrorObject) -> bytes:
    """Build an error line; `data` that JSON can't express is left out rather than losing the answer."""
    message: object = error.message
    if type(message) is not str:
        error = ErrorObject(error.code, str(message), error.data)
    try:
        text = encode(error)
    except (TypeError, ValueError, OverflowError, RecursionError):
        text = encode(ErrorObject(error.code, printable(error.message)))
    return b'{"jsonrpc":"2.0","id":%b,"error":%b}\n' % (encode(request_id), text)


CUT = "…"
"""Stands where the rest of a text was left out."""


def printable(text: str) -> str:
    """Return a text that UTF-8 can express: a lone surrogate, as in an undecodable file name, is escaped."""
    return text.encode("utf-8", "backslashreplace").decode()
