"""OpenRPC documents: what `rpc.discover` of either side answers, and what `protocol.schema` publishes."""

from collections.abc import Sequence
from typing import Any

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
