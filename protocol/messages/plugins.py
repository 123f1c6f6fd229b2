"""`plugins.*`: what a plugin may ask about and of other plugins, through its host."""

from typing import Any

import msgspec


class PluginsCall(msgspec.Struct, frozen=True, omit_defaults=True):
    """Call, or open a stream of, another plugin's method."""

    plugin: str
    method: str
    params: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    timeout_s: float | None = None
    """Deadline of this call; the caller's own budget bounds it further."""


class OtherPlugin(msgspec.Struct, frozen=True, omit_defaults=True):
    """`plugins.list`: one plugin of the host."""

    id: str
    version: str
    type: str
    name: str = ""
    state: str = ""
    may_call: bool = False
    """Whether the one that asks holds the permission to call it."""
    capabilities: tuple[str, ...] = ()
    """What its manifest says that it can do."""


class HostInfo(msgspec.Struct, frozen=True):
    """`host.info`: what the plugin runs under."""

    name: str
    version: str
    protocol_versions: tuple[int, ...]
    plugin_id: str
    session: str
