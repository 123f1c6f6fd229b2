"""Permission slips: resources that look like misspelt ones, and actions that the host's own resources lack.

Pure. Namespaces are open: an embedding program registers its own, so an unknown resource is no fault, and a
near name is a warning. Asked by whoever reads manifests, and by the roster, which knows what is registered.
"""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from host.manifest.faults import near
from protocol.namespaces import RESERVED_NAMESPACES
from protocol.permissions import ADMIN, Permission

BUILT_IN: Final[Mapping[str, tuple[str, ...]]] = {
    ADMIN: ("manage",),
    "config": ("read",),
    "devices": ("use",),
    "email": ("send",),
    "events": ("emit",),
    "network": ("connect",),
    "notifications": ("send",),
    "plugins": ("call",),
    "prompts": ("send",),
    "storage": ("use", "read", "write", "delete"),
}
"""The host's own resources, and all of their actions."""

_SPELLED: Final = ("files", "users")
"""Resources that the spellings of older manifests mean; what can be done to them is the application's."""

_NEAR: Final = 0.75
"""Likeness, as difflib reckons it, from which on a name may be another one misspelt."""


def check_action(permission: Permission) -> None:
    """Raise ValueError, with what is allowed, where one of the host's resources has no such action."""
    actions = BUILT_IN.get(permission.resource)
    if actions is None or permission.action in actions:
        return
    hint = near(permission.action, actions)
    raise ValueError(f"an action that the host's own resource {permission.resource} has: {hint}")


def slip_of(permission: Permission, registered: Iterable[str] = ()) -> str:
    """Return a warning about a resource that nobody has and that is near one; empty where all is well.

    `registered` are the resources of the embedding program, where they are known.
    """
    known = {*BUILT_IN, *_SPELLED, *registered}
    if permission.resource in known:
        return ""
    close = difflib.get_close_matches(permission.resource[:64], sorted(known), n=3, cutoff=_NEAR)
    if not close:
        return ""
    shown = f"{permission.resource[:64]}:{permission.action[:64]}"
    return (
        f"permissions: {shown} allows nothing unless the application has a resource of that name; "
        f"did you mean {' or '.join(close)}?"
    )


def resources_of(document: Mapping[str, Any]) -> frozenset[str]:
    """Return the resources of an API document: its namespaces, and those of the permissions it asks for."""
    found: set[str] = set()
    for method in document["methods"]:
        namespace = str(method["name"]).partition(".")[0]
        if namespace not in RESERVED_NAMESPACES:
            found.add(namespace)
        if "x-permission" in method:
            found.add(str(method["x-permission"]).partition(":")[0])
    return frozenset(found)
