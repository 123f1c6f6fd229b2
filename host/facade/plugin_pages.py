"""Plugin pages: what a front end is shown once of one plugin.

Secrets are masked and texts of plugins cleaned by whoever makes a page. Times are seconds since the epoch.
"""

from typing import Any

import msgspec

from host.facade.rows import PluginRow


class ExitPage(msgspec.Struct, frozen=True, kw_only=True):
    """How the last session ended; see `ExitFacts`."""

    cause: str
    detail: str
    exit_text: str
    code: int | None
    signal: str | None
    uptime_s: float
    last_method: str
    peak_memory_bytes: int | None
    cpu_s: float | None
    stderr: tuple[str, ...]
    survivors: tuple[int, ...]


class LifePage(msgspec.Struct, frozen=True, kw_only=True):
    """One change of state."""

    at_s: float
    old: str
    new: str
    reason: str


class MechanismPage(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that bounds a plugin, and whether it does."""

    name: str
    """Such as `process`, `memory`, `network`, `files`."""
    enforced: bool
    detail: str


class PluginPage(msgspec.Struct, frozen=True, kw_only=True):
    """One plugin, whole."""

    row: PluginRow
    folder: str
    manifest: dict[str, Any]
    """As the host understood it; empty where it is broken."""
    manifest_file: str
    """Name of the file that it was read from."""
    limits: dict[str, Any]
    last_exit: ExitPage | None
    life: tuple[LifePage, ...]
    """The last changes of state, oldest first."""
    timings: dict[str, float]
    """Seconds that the last start took, by phase: `spawn handshake load`; as far as it came."""
    bounds: tuple[MechanismPage, ...]
    depends_on: tuple[str, ...]
    dependants: tuple[str, ...]
    """Loaded plugins that need it."""
    subscriptions: tuple[str, ...]
    hooks: tuple[str, ...]
    usage: dict[str, Any]
    """See `UsageStats`: what it was used for since it was first seen."""


class SamplesPage(msgspec.Struct, frozen=True, kw_only=True):
    """Columns of equal length: what a plugin used, oldest first."""

    at_s: tuple[float, ...]
    cpu_cores: tuple[float | None, ...]
    memory_bytes: tuple[int | None, ...]


class WhyPage(msgspec.Struct, frozen=True, kw_only=True):
    """What led to the present state; see `Why`."""

    plugin: str
    state: str
    since_s: float | None
    cause: str
    code: str
    docs: str
    sentences: tuple[str, ...]
    lines: tuple[str, ...]
    advice: str
    text: str
    """All of it."""


class MethodPage(msgspec.Struct, frozen=True, kw_only=True):
    """A method of a plugin, and what it takes."""

    name: str
    stream: bool
    params: dict[str, Any]
    """JSON Schema of the object of its parameters; empty where the plugin does not say, or not well."""
    description: str
