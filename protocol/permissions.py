"""Permissions as text: `resource:action[:scope]`, and whether one covers another.

Owns the form and the spellings that are understood. Does not decide who gets what: that is
`host.permissions`.
"""

import re
from typing import Final

import msgspec

from protocol.topics import matches

_PART = re.compile(r"[a-z][a-z0-9_-]*\Z")

ACTIONS: Final = frozenset(
    {"read", "write", "create", "update", "delete", "send", "emit", "call", "manage", "use"}
)
"""Words that are actions; if one stands first and the second word is not one, the two swap."""

SPELLINGS: Final[dict[str, str]] = {
    "notifications": "notifications:send",
    "network": "network:connect",
    "network_access": "network:connect",
    "file_system_read": "files:read",
    "user_data_access": "users:read",
    "device_access": "devices:use",
    "storage": "storage:use",
}
"""Single words of older manifests, and what they mean."""

ADMIN: Final = "admin"
"""Refused unless the embedder's policy names it."""


STORAGE: Final = "storage"
STORAGE_ACTIONS: Final = frozenset({"read", "write", "delete"})
"""What `storage:use` stands for, all together."""


class Permission(msgspec.Struct, frozen=True, order=True):
    """One permission. `scope` is the rest of the text after the second colon, or empty for all.

    In the scope of one that is held, `*` stands for one dotted part and `**` for the rest.
    """

    resource: str
    action: str
    scope: str = ""

    def __str__(self) -> str:
        """Return the canonical text."""
        return f"{self.resource}:{self.action}" + (f":{self.scope}" if self.scope else "")

    def covers(self, required: "Permission") -> bool:
        """Tell whether holding this one is enough where `required` is asked."""
        if (self.resource, self.action) != (required.resource, required.action):
            is_part = self.resource == required.resource == STORAGE and required.action in STORAGE_ACTIONS
            if not (is_part and self.action == "use"):
                return False
        return not self.scope or self.scope == required.scope or matches(self.scope, required.scope)


def parse_permission(text: str) -> Permission:
    """Read a permission in any understood spelling.

    Raises:
        ValueError: The text is not a permission; the message says what is allowed.
    """
    text = SPELLINGS.get(text, text)
    if text == ADMIN:
        return Permission(ADMIN, "manage")
    resource, _, rest = text.partition(":")
    action, colon, scope = rest.partition(":")
    if resource in ACTIONS and action not in ACTIONS:
        resource, action = action, resource
    # An empty scope would mean all; where somebody began to write one, that is not what they meant.
    has_scope = scope.isprintable() and (scope or not colon)
    if not (_PART.match(resource) and _PART.match(action) and has_scope):
        raise ValueError("a permission is resource:action or resource:action:scope, such as sessions:read")
    return Permission(resource, action, scope)
