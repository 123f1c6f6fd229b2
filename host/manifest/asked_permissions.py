"""Permissions that a manifest asks for: texts in every spelling, or `{resource, actions}` objects.

Owns the document's shapes; the grammar itself is `protocol.permissions`. Whether one is given is decided
elsewhere.
"""

from typing import Annotated, Any, Final, cast

from pydantic import PlainValidator

from host.manifest.faults import near
from host.manifest.permission_slips import check_action
from host.manifest.text_fields import clean_text
from protocol.permissions import ADMIN, SPELLINGS, Permission, parse_permission

PERMISSION_ALLOWED: Final = (
    'a text such as "sessions:read", or an object such as '
    '{"resource": "messages", "actions": ["read", "send"]}'
)


def read_permission(value: object) -> tuple[Permission, ...]:
    """Return what one entry of the list asks for. Raises ValueError that says what is allowed."""
    if isinstance(value, str):
        return (_parse(clean_text(value)),)
    if isinstance(value, dict):
        return _read_object(cast("dict[str, object]", value))
    raise ValueError(PERMISSION_ALLOWED)


def _read_object(entry: dict[str, object]) -> tuple[Permission, ...]:
    resource, actions = entry.get("resource"), entry.get("actions")
    if len(entry) != 2 or not isinstance(resource, str) or not isinstance(actions, list) or not actions:
        raise ValueError(PERMISSION_ALLOWED)
    permissions: list[Permission] = []
    for action in cast("list[object]", actions):
        # A colon in the resource would move the action into the scope.
        if not isinstance(action, str) or ":" in resource:
            raise ValueError(PERMISSION_ALLOWED)
        permissions.append(_parse(clean_text(f"{resource}:{action}")))
    return tuple(permissions)


def _parse(text: str) -> Permission:
    try:
        return parse_permission(text)
    except ValueError as exc:
        if ":" in text:
            raise
        hint = near(text, [*SPELLINGS, ADMIN])
        raise ValueError(f"{exc}; {hint}" if hint.endswith("?") else f"{exc}, or {hint}") from None


def read_own_permission(value: object) -> tuple[Permission, ...]:
    """Return what a plugin asks for itself; of the host's own resources, only what they have."""
    permissions = read_permission(value)
    for permission in permissions:
        check_action(permission)
    return permissions


Asked = Annotated[
    tuple[Permission, ...], PlainValidator(read_permission, json_schema_input_type=str | dict[str, Any])
]
"""One permission, or several in one object, of whoever: a plugin, or a person who asks an endpoint."""

AskedForItself = Annotated[
    tuple[Permission, ...],
    PlainValidator(read_own_permission, json_schema_input_type=str | dict[str, Any]),
]
"""One entry of a manifest's `permissions`."""
