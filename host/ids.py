"""Names of things, as types of their own: a plugin's id is not just any text."""

import secrets
from typing import NewType

PluginId = NewType("PluginId", str)
"""Id of a plugin, as its manifest says it."""

SessionId = NewType("SessionId", str)
"""Names one run of one plugin's process; unique over hosts and restarts."""


def new_session_id() -> SessionId:
    """Return an id that no other session has: 64 random bits in hex."""
    return SessionId(secrets.token_hex(8))


def new_incident_id() -> str:
    """Return an id that ties an error on the wire to its line in the log: 48 random bits in hex."""
    return secrets.token_hex(6)


def fold_id(plugin_id: str) -> str:
    """Return the form under which two ids count as the same: case and `_`/`-` folded."""
    return plugin_id.casefold().replace("_", "-")
