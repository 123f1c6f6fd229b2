"""Tally: what is counted of one plugin's use, as it is kept and as it is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec


class ActionUsage(msgspec.Struct, omit_defaults=True):
    """How often a plugin tracked one action."""

    count: int = 0
    errors: int = 0
    last_used_s: float | None = None
    metadata: dict[str, Any] = {}
    """What came with it the last time."""


class Tally(msgspec.Struct, omit_defaults=True):
    """What is kept of one plugin."""

    methods: dict[str, int] = {}
    failures: dict[str, int] = {}
    last_call_s: float | None = None
    actions: dict[str, ActionUsage] = {}


@dataclass(frozen=True, slots=True)
class UsageStats:
    """What one plugin was used for, since it was first seen."""

    plugin: str
    invocations: int
    """Calls into it, and actions that it tracked."""
    errors: int
    """Of these, those that failed."""
    last_used: float | None
    """Seconds since the epoch; None if it was never used."""
    methods: Mapping[str, int]
    """Calls into it, by method."""
    failed_methods: Mapping[str, int]
    actions: Mapping[str, ActionUsage]
    """What it tracked."""
