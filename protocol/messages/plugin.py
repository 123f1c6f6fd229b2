"""`plugin.*`: the life of one plugin process, as the host drives it."""

from typing import Any

import msgspec

from protocol.messages.provides import NOTHING, Provides


class Product(msgspec.Struct, frozen=True):
    """Who is speaking: the host, or the SDK that a plugin is built on."""

    name: str
    version: str


class InitializeParams(msgspec.Struct, frozen=True):
    """First request of a session. Answering it must not have side effects."""

    protocol_versions: tuple[int, ...]
    host: Product
    plugin_id: str
    plugin_version: str
    session: str
    """Names this run of the process; new for every run."""
    polls: bool = False
    """Whether the host waits awake for answers; then a plugin may so wait for requests, 0.1 ms at most."""
    plugin_type: str = ""
    """What its manifest says it is, such as `ai_provider`."""
    plugin_name: str = ""
    """Its display name."""
    declared: Provides = NOTHING
    """Subscriptions, hooks, commands, endpoints and schedules of its manifest, whose names are methods'."""


class Capabilities(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the plugin's side of the wire can do beyond plain JSON-RPC."""

    meta: bool = False
    """Understands `_meta` in parameters; without it the host sends none, and asks for no streams."""
    stack_dump_signal: str | None = None
    """Signal (`SIGUSR1` or `SIGUSR2`) upon which the process writes its stacks to stderr."""


class ProvidedMethod(msgspec.Struct, frozen=True, omit_defaults=True):
    """One method that the plugin answers."""

    name: str
    stream: bool = False


class InitializeResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the plugin is and provides."""

    protocol_version: int
    sdk: Product | None = None
    capabilities: Capabilities = Capabilities()
    methods: tuple[ProvidedMethod, ...] | None = None
    """All methods that it answers; null means unknown, then the host checks no names."""
    provides: Provides = NOTHING
    """What else it provides."""


class LoadParams(msgspec.Struct, frozen=True):
    """Configuration and grants; the plugin starts its work."""

    config: dict[str, Any]
    grants: tuple[str, ...]
