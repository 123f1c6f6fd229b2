"""Generates what other languages read instead of our code: JSON Schemas of all messages, and OpenRPC.

Owns the two documents' shape; what is in them comes from `protocol.methods`, `protocol.messages` and
`protocol.errors`. Called by `python -m protocol.schema`, and by a test that finds stale files.
"""

import json
from collections.abc import Iterable
from typing import Any

import msgspec

from protocol.errors import NAMES, ErrorObject
from protocol.jsonrpc import MAX_ID, MAX_ID_CHARS, MIN_ID
from protocol.messages.meta import Meta
from protocol.methods import METHODS, Method
from protocol.openrpc import document, method_entry

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_DIRECTIONS = {
    "to_plugin": "The host sends it to a plugin.",
    "to_host": "A plugin sends it to its host.",
    "both": "Either side may send it.",
}

_Schemas = dict[str, dict[str, Any]]


def generated() -> dict[str, str]:
    """Return the content of every generated file by its name."""
    return {"messages.json": _text(_messages()), "openrpc.json": _text(_openrpc())}


def _messages() -> dict[str, Any]:
    """Return one schema that every line matches; its `$defs` name each part."""
    _, structs = _read("#/$defs/{name}")
    return {
        "$schema": DIALECT,
        "title": "Plughost protocol: messages",
        "description": "One line of the wire. Parameters and results by method are in openrpc.json.",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in _ENVELOPES],
        "$defs": _ENVELOPES | dict(sorted(structs.items())),
    }


def _openrpc() -> dict[str, Any]:
    schemas, structs = _read("#/components/schemas/{name}")
    contract = document("Plughost protocol", [_entry(row, schemas, structs) for row in METHODS.values()])
    errors = {
        name: {"code": code, "message": name.replace("_", " ")}
        for code, name in sorted(NAMES.items(), reverse=True)
    }
    contract["components"] = {"schemas": dict(sorted(structs.items())), "errors": errors}
    return contract


def _entry(row: Method, schemas: _Schemas, structs: _Schemas) -> dict[str, Any]:
    params = structs[row.params.__name__]
    entry = method_entry(
        row.name, params, schemas.get(row.name, {}), summary=row.summary, stream=row.kind == "stream"
    )
    if row.kind == "notification":
        del entry["result"]
    entry["description"] = _DIRECTIONS[row.direction]
    entry["x-direction"] = row.direction
    entry["x-kind"] = row.kind
    entry["x-since"] = row.since
    if row.permission is not None:
        entry["x-permission"] = row.permission
    return entry


def _read(ref_template: str) -> tuple[_Schemas, _Schemas]:
    """Return the schemas of all results by method, and of all structs by name."""
    with_result = [row for row in METHODS.values() if row.kind != "notification"]
    types: list[Any] = [row.result for row in with_result]
    types += [*_unique(row.params for row in METHODS.values()), Meta, ErrorObject]
    schemas, structs = msgspec.json.schema_components(types, ref_template=ref_template)
    results = {row.name: schema for row, schema in zip(with_result, schemas, strict=False)}
    return results, structs


def _unique(types: Iterable[type[msgspec.Struct]]) -> list[type[msgspec.Struct]]:
    return list(dict.fromkeys(types))


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


_VERSION = {"const": "2.0"}

_ID = {
    "description": "Chosen by whoever asks; unique among its own unanswered requests.",
    "anyOf": [
        {"type": "integer", "minimum": MIN_ID, "maximum": MAX_ID},
        {"type": "string", "maxLength": MAX_ID_CHARS},
    ],
}

_PARAMS = {
    "description": "To a plugin always an object; an array only where the method has declared order.",
    "type": ["object", "array"],
}

_ENVELOPES: _Schemas = {
    "Request": {
        "type": "object",
        "properties": {"jsonrpc": _VERSION, "id": _ID, "method": {"type": "string"}, "params": _PARAMS},
        "required": ["jsonrpc", "id", "method"],
    },
    "Notification": {
        "type": "object",
        "properties": {"jsonrpc": _VERSION, "method": {"type": "string"}, "params": _PARAMS},
        "required": ["jsonrpc", "method"],
        "not": {"required": ["id"]},
    },
    "Success": {
        "type": "object",
        "properties": {"jsonrpc": _VERSION, "id": _ID, "result": {}},
        "required": ["jsonrpc", "id", "result"],
        "not": {"required": ["error"]},
    },
    "Failure": {
        "type": "object",
        "properties": {
            "jsonrpc": _VERSION,
            "id": {
                "description": "null where the frame could not be read.",
                "anyOf": [*_ID["anyOf"], {"type": "null"}],
            },
            "error": {"$ref": "#/$defs/ErrorObject"},
        },
        "required": ["jsonrpc", "id", "error"],
        "not": {"required": ["result"]},
    },
}
"""Written by hand: `protocol.jsonrpc.Message` is all four in one, for speed."""
