"""Surface: what a plugin offers to be called for, as chaos and forms need it: names, schemas, places.

Only values; who reads them off a running plugin is `host.cli`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast


@dataclass(frozen=True, slots=True)
class Offer:
    """A method or a command."""

    name: str
    schema: Mapping[str, Any]
    """JSON Schema of the object of its parameters; empty where the plugin does not say."""
    stream: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """An HTTP endpoint."""

    method: str
    path: str
    """With `{name}` where a part varies."""
    permissions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Events that a plugin handles."""

    topic: str
    """One topic that the subscription's pattern covers."""
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What its filter lets through."""
    subscription: str = ""
    """Its name, where it is durable."""


@dataclass(frozen=True, slots=True)
class Surface:
    """All of it."""

    methods: tuple[Offer, ...] = ()
    commands: tuple[Offer, ...] = ()
    endpoints: tuple[Place, ...] = ()
    hooks: tuple[str, ...] = ()
    events: tuple[Wanted, ...] = ()
    schedules: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """JSON Schema of its configuration; empty if it has none."""


def schema_of(entry: Mapping[str, Any]) -> dict[str, Any]:
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
        shared.update(described.pop("$defs", None) or {})
        properties[name] = described
        if member.get("required") is True:
            required.append(name)
    made: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        made["required"] = required
    if shared:
        made["$defs"] = shared
    return made


def topic_of(pattern: str) -> str:
    """Return a topic that a pattern covers."""
    return ".".join("chaos" if part in ("*", "**") else part for part in pattern.split("."))
