"""`plugin.health`, `plugin.status` and `plugin.configure`: what every plugin on the SDK answers."""

from typing import Any

import msgspec


class HealthAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a plugin says it is."""

    status: str
    """`healthy`, `unhealthy`, or a word of the author's, such as `degraded`."""
    plugin_id: str
    reason: str = ""
    """Why it is not healthy, in a sentence."""
    data: dict[str, Any] = {}


class StatusAnswer(msgspec.Struct, frozen=True):
    """What a plugin does, in its own words."""

    plugin_id: str
    status: str
    data: dict[str, Any] = {}
