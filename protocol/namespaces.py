"""Namespaces of methods that belong to the host."""

from typing import Final

RESERVED_NAMESPACES: Final = frozenset(
    [
        "rpc",
        "plugin",
        "plugins",
        "host",
        "events",
        "storage",
        "config",
        "log",
        "notify",
        "email",
        "commands",
        "endpoints",
        "ui",
        "schedule",
        "analytics",
    ]
)
"""First parts of method names that neither an embedder nor a plugin may take."""
