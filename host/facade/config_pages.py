"""Config pages: what a front end is shown of a plugin's configuration.

Secrets are masked and texts of plugins cleaned by whoever makes a page. Times are seconds since the epoch.
"""

from typing import Any, Literal

import msgspec


class ConfigValue(msgspec.Struct, frozen=True, kw_only=True):
    """One value in force."""

    key: str
    """Dotted."""
    value: Any
    origin: str
    """`default`, `config/default.json`, `file`, `environment NAME` or `set`."""


class ConfigPage(msgspec.Struct, frozen=True, kw_only=True):
    """A plugin's configuration."""

    plugin: str
    schema: dict[str, Any]
    """JSON Schema 2020-12; empty if the plugin has none."""
    values: dict[str, Any]
    """In force; secrets as `•••`."""
    explained: tuple[ConfigValue, ...]
    revision: int
    faults: tuple[str, ...]
    """Why it can't be started with it."""


class ConfigFault(msgspec.Struct, frozen=True, kw_only=True):
    """One place where a configuration does not fit."""

    key: str
    """Dotted; empty for the whole."""
    message: str
    """What was found and what is allowed."""


class ConfigCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What a change would do."""

    faults: tuple[ConfigFault, ...]
    differences: tuple["ConfigDifference", ...]
    restarts: bool
    """Whether the plugin would be restarted, as far as is known before it is asked."""


class ConfigDifference(msgspec.Struct, frozen=True, kw_only=True):
    """One value that is, or would be, different."""

    key: str
    old: Any
    new: Any


class ConfigRevision(msgspec.Struct, frozen=True, kw_only=True):
    """One change, as history tells it."""

    revision: int
    at_s: float
    who: str
    changes: tuple[ConfigDifference, ...]


class ConfigSaved(msgspec.Struct, frozen=True, kw_only=True):
    """A change that was made."""

    revision: int
    changes: tuple[ConfigDifference, ...]
    applied: Literal["live", "restarted", "at next start", "nothing changed"]
