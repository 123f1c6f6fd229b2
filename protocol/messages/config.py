"""`config.*` and `plugin.configure`: what a plugin is told and asks about its configuration."""

from typing import Any, Literal

import msgspec


class Configure(msgspec.Struct, frozen=True, omit_defaults=True):
    """`plugin.configure`: a new configuration, valid by its schema; nothing is saved before the answer."""

    config: dict[str, Any]
    """All of it."""
    revision: int
    restart: bool = False
    """Whether the plugin will be restarted for it: then it is only asked, and applies nothing."""


class Configured(msgspec.Struct, frozen=True, omit_defaults=True):
    """The plugin's answer."""

    success: bool = True
    applied: Literal["live", "restart"] = "live"
    """`restart`: it takes this at its next start only."""
    message: str = ""
    """Why it refuses."""


class ConfigGet(msgspec.Struct, frozen=True, omit_defaults=True):
    """A key, dotted into tables; empty for everything."""

    key: str = ""


class ConfigSet(msgspec.Struct, frozen=True, omit_defaults=True):
    """Change the plugin's own configuration; tables are merged."""

    changes: dict[str, Any]
    expected_revision: int | None = None
    """Refused as `conflict` where the configuration has another one."""


class ConfigRegister(msgspec.Struct, frozen=True):
    """Describe settings in code; the manifest's schema stays above it."""

    schema: dict[str, Any]


class ConfigChanged(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of a change."""

    revision: int
    applied: Literal["live", "restart", "next_start", "unchanged"]
    message: str = ""
