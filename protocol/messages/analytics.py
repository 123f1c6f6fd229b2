"""`analytics.*`: what a plugin is used for."""

from typing import Any

import msgspec


class AnalyticsTrack(msgspec.Struct, frozen=True, omit_defaults=True):
    """Count one action of one's own."""

    action: str
    """1 to 100 printable characters."""
    metadata: dict[str, Any] | None = None
    """At most 4 KiB; goes out with the event `plugin_usage`."""
    error: str | None = None
    """What went wrong, if the action failed."""


class ActionCount(msgspec.Struct, frozen=True):
    """How often one action was tracked."""

    count: int
    errors: int
    last_used_s: float | None
    """Seconds since the epoch."""
    metadata: dict[str, Any]
    """What came with it the last time."""


class AnalyticsStats(msgspec.Struct, frozen=True):
    """What was counted of the caller, over restarts."""

    plugin: str
    invocations: int
    """Calls into it, and actions that it tracked."""
    errors: int
    last_used_s: float | None
    methods: dict[str, int]
    """Calls into it, by method."""
    actions: dict[str, ActionCount]
