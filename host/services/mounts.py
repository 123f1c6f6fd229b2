"""Mounts: where an endpoint that a plugin asks for would lie, and whether it may lie there.

Pure. Owns which places are the host's and which are a plugin's own. Who has a place already is known by the
endpoints' registry.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from host.errors import InvalidParams
from host.facade import Joining
from host.ids import PluginId
from host.services.routes import MOUNT, BadPath, mounted, parts_of_route
from protocol.messages.provides import Endpoint
from protocol.permissions import Permission, parse_permission

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
MAX_PERMISSIONS: Final = 20
MAX_NAME_CHARS: Final = 2_100
"""Of an endpoint's name: its method and path, or one of its own."""

RESERVED: Final = ("/api/v1/plugins", "/api/v1/store")
"""What lies there and below is the host's."""

RESERVED_ALONE: Final = ("/api", "/api/v1", "/api/plugins", "/api/plugins/install")
"""What lies there is the host's; below may be plugins'."""


@dataclass(frozen=True, slots=True)
class EndpointView:
    """One endpoint."""

    plugin: PluginId
    method: str
    path: str
    """Where it is mounted."""
    permissions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mounted:
    """One endpoint, and where it lies."""

    session: Joining
    name: str
    method: str
    path: str
    parts: tuple[str, ...]
    permissions: tuple[Permission, ...]
    """What whoever asks must hold."""

    @property
    def key(self) -> str:
        """What only one plugin may have: method and path, whatever its parameters are called."""
        return f"{self.method} /" + "/".join("{}" if _is_place(part) else part for part in self.parts)


def read_endpoint(one: Endpoint, session: Joining, is_plugin: Callable[[str], bool]) -> Mounted:
    """Return an endpoint as it would be mounted.

    Raises:
        InvalidParams: It can't be.
    """
    where = f"endpoint {shown(one)}"
    if not 0 < len(one.name) <= MAX_NAME_CHARS:
        raise InvalidParams(f"{where}: name: allowed: 1 to {MAX_NAME_CHARS} characters")
    method = one.method.upper()
    if method not in METHODS:
        raise InvalidParams(f"{where}: found {one.method[:20]!r}; allowed: {', '.join(METHODS)}")
    path = mounted(one.path, session.plugin)
    try:
        parts = parts_of_route(path)
    except BadPath as exc:
        raise InvalidParams(f"{where}: path: {exc}") from None
    path = "/" + "/".join(parts)
    if fault := _not_its_own(path, parts, session.plugin, is_plugin):
        raise InvalidParams(f"{where}: {fault}")
    if len(one.permissions) > MAX_PERMISSIONS:
        raise InvalidParams(f"{where}: permissions: allowed: at most {MAX_PERMISSIONS}")
    needed: list[Permission] = []
    for number, text in enumerate(one.permissions):
        try:
            needed.append(parse_permission(text))
        except ValueError as exc:
            raise InvalidParams(f"{where}: permissions[{number}]: found {text[:100]!r}; {exc}") from None
    return Mounted(session, one.name, method, path, parts, tuple(needed))


def shown(one: Endpoint) -> str:
    """Return an endpoint for a message."""
    return f"{one.method[:20]} {one.path[:200]}"


def _not_its_own(path: str, parts: tuple[str, ...], plugin: str, is_plugin: Callable[[str], bool]) -> str:
    """Return why a place is somebody else's by its name alone, or an empty text."""
    for reserved in RESERVED:
        if _lies_over(parts, reserved):
            return f"{reserved} and what lies below is the host's"
    for reserved in RESERVED_ALONE:
        if len(parts) == reserved.count("/") and _lies_over(parts, reserved):
            return f"{reserved} is the host's"
    if not _lies_over(parts, MOUNT):
        return ""
    if any(map(_is_place, parts[:3])):
        return f"{path} would lie over every plugin's own folder"
    if parts[2] != plugin and is_plugin(parts[2]):
        return f"{MOUNT}/{parts[2]} is the folder of plugin {parts[2]!r}"
    return ""


def _lies_over(parts: tuple[str, ...], prefix: str) -> bool:
    """Tell whether a route may take requests for a prefix or what lies below it."""
    wanted = prefix[1:].split("/")
    return len(parts) >= len(wanted) and all(
        _is_place(part) or part == one for part, one in zip(parts, wanted, strict=False)
    )


def _is_place(part: str) -> bool:
    return part.startswith("{")


def allowed_methods(here: Mapping[str, object]) -> list[str]:
    """Return what a place answers, of the methods that endpoints there have."""
    methods = set(here) | {"OPTIONS"}
    if "GET" in methods:
        methods.add("HEAD")
    return sorted(methods)
