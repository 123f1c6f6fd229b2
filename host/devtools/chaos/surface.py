"""Surface: what a plugin offers to be called for, as chaos and forms need it: names, schemas, places.

Only values; who reads them off a running plugin is `host.cli`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


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


def topic_of(pattern: str) -> str:
    """Return a topic that a pattern covers."""
    return ".".join("chaos" if part in ("*", "**") else part for part in pattern.split("."))
