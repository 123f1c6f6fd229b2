"""OpenRPC documents: what `rpc.discover` of either side answers, and what `protocol.schema` publishes."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from protocol.version import PROTOCOL_VERSIONS

OPENRPC_VERSION = "1.3.2"


def document(title: str, methods: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return an OpenRPC document."""
    return {
        "openrpc": OPENRPC_VERSION,
        "info": {"title": title, "version": str(PROTOCOL_VERSIONS[0])},
        "methods": list(methods),
    }


def method_entry(
    name: str, params: dict[str, Any], result: dict[str, Any], *, summary: str = "", stream: bool = False
) -> dict[str, Any]:
    """Return one method. `params` is the schema of the parameter object; each of its members is listed."""
    required = set(params.get("required", ()))
    shared = {"$defs": params["$defs"]} if "$defs" in params else {}
    entry: dict[str, Any] = {
        "name": name,
        "paramStructure": "by-name",
        "params": [
            {"name": member, "required": member in required, "schema": schema | shared}
            for member, schema in params.get("properties", {}).items()
        ],
        "result": {"name": "item" if stream else "result", "schema": result},
    }
    if summary:
        entry["summary"] = summary
    if stream:
        entry["x-stream"] = True
    return entry


def params_schema(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of the parameters of a method that an OpenRPC document describes."""
    properties: dict[str, Any] = {}
    shared: dict[str, Any] = {}
    required: list[str] = []
    params = entry.get("params")
    for one in cast("Sequence[Any]", params) if isinstance(params, list) else ():
        if not isinstance(one, dict):
            continue
        member = cast("dict[str, Any]", one)
        name, schema = member.get("name"), member.get("schema")
        if not isinstance(name, str) or not isinstance(schema, dict):
            continue
        described = dict(cast("dict[str, Any]", schema))
        defs = described.pop("$defs", None)
        shared.update(cast("dict[str, Any]", defs) if isinstance(defs, dict) else {})
        properties[name] = described
        if member.get("required") is True:
            required.append(name)
    made: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        made["required"] = required
    if shared:
        made["$defs"] = shared
    return made
