"""Method pages: what a running plugin's methods take, as it says; checked before anybody sees it."""

from typing import Any, Final, cast

import msgspec

from host.errors import PlughostError
from host.facade.plugin_pages import MethodPage
from host.logs import clean
from host.operations.shown import shown
from host.services.configuration_schema import Schema
from host.supervision.session import Session
from protocol.errors import RpcError
from protocol.openrpc import params_schema

DISCOVER_S: Final = 5.0
MAX_SCHEMA_BYTES: Final = 64 * 1024
MAX_DESCRIPTION_CHARS: Final = 500


async def method_pages(session: Session) -> tuple[MethodPage, ...]:
    """Return the methods of a run; of a program that describes nothing, their names alone."""
    described = {str(entry.get("name")): entry for entry in await described_methods(session)}
    return tuple(
        MethodPage(
            name=name,
            stream=stream,
            params=_params(described[name]) if name in described else {},
            description=_description(described.get(name, {})),
        )
        for name, stream in (session.provided or {}).items()
    )


async def described_methods(session: Session) -> list[dict[str, Any]]:
    """Return the entries that a run answers `rpc.discover` with, unchecked; none where nothing fits."""
    try:
        raw = await session.peer.outgoing.begin("rpc.discover", b"{}", DISCOVER_S)
        document: Any = msgspec.json.decode(raw)
    except (RpcError, PlughostError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return []
    methods: Any = cast("dict[str, Any]", document).get("methods") if isinstance(document, dict) else None
    entries = cast("list[Any]", methods) if isinstance(methods, list) else []
    return [cast("dict[str, Any]", one) for one in entries if isinstance(one, dict)]


def _params(entry: dict[str, Any]) -> dict[str, Any]:
    schema = params_schema(entry)
    try:
        if len(msgspec.json.encode(schema)) > MAX_SCHEMA_BYTES:
            return {}
        rules = Schema(schema)
        return {} if rules.faults() else shown(rules.document)
    except RecursionError:
        return {}


def _description(entry: dict[str, Any]) -> str:
    said = entry.get("summary") or entry.get("description")
    return clean(said[:MAX_DESCRIPTION_CHARS]) if isinstance(said, str) else ""
