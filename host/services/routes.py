"""Routes: paths with places for parameters, and which of them a request's path is.

Pure. A place is one whole part of a path, `/items/{id}`; a literal part goes before a place.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar
from urllib.parse import unquote

MAX_PATH_CHARS: Final = 2_048
MAX_PARTS: Final = 32
MOUNT: Final = "/api/plugins"
"""Below it and the plugin's id lie the endpoints whose path is relative."""

_LITERAL = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@-]+\Z")
_PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]{0,63})\}\Z")
_T = TypeVar("_T")


class BadPath(Exception):
    """A path can't be one; the message says why."""


def mounted(path: str, plugin: str) -> str:
    """Return where a plugin's endpoint lies: `/api/...` as it stands, anything else below the plugin's own
    folder.
    """
    if path == "/api" or path.startswith("/api/"):
        return path
    return f"{MOUNT}/{plugin}/{path.lstrip('/')}".rstrip("/")


def names_of(path: str) -> tuple[str, ...]:
    """Return a path and what people call it who leave out where it is mounted."""
    if not path.startswith(f"{MOUNT}/"):
        return (path,)
    below = path.removeprefix(MOUNT)
    own = below[1:].partition("/")[2]
    return (path, below, f"/{own}") if own else (path, below)


def parts_of_route(path: str) -> tuple[str, ...]:
    """Return a route's parts; places are `{name}`.

    Raises:
        BadPath: It can't be a route.
    """
    if len(path) > MAX_PATH_CHARS:
        raise BadPath(f"found {len(path)} characters; allowed: at most {MAX_PATH_CHARS}")
    parts = _split(path)
    names: set[str] = set()
    for part in parts:
        place = _PLACE.match(part)
        if place is not None:
            if place[1] in names:
                raise BadPath(f"found the parameter {place[1]!r} twice")
            names.add(place[1])
        elif not _LITERAL.match(part) or part in (".", ".."):
            raise BadPath(f"found {part[:100]!r}; allowed: letters, digits and . _ ~ -, or a {{parameter}}")
    return parts


def parts_of_request(path: str) -> tuple[str, ...]:
    """Return the parts of a request's path, with percent signs resolved.

    Raises:
        BadPath: It is none.
    """
    if len(path) > MAX_PATH_CHARS:
        raise BadPath(f"the path has {len(path)} characters; at most {MAX_PATH_CHARS} are allowed")
    try:
        parts = tuple(unquote(part, errors="strict") for part in _split(path))
    except UnicodeDecodeError:
        raise BadPath("the path is not UTF-8") from None
    for part in parts:
        if part in (".", "..") or not part.isprintable():
            raise BadPath(f"the path holds {part[:100]!r}")
    return parts


def _split(path: str) -> tuple[str, ...]:
    if not path.startswith("/"):
        raise BadPath(f"found {path[:100]!r}; allowed: a path that begins with /")
    parts = tuple(path[1:].removesuffix("/").split("/")) if path != "/" else ()
    if "" in parts:
        raise BadPath("found two slashes together")
    if len(parts) > MAX_PARTS:
        raise BadPath(f"found {len(parts)} parts; allowed: at most {MAX_PARTS}")
    return parts


@dataclass(slots=True)
class _Node(Generic[_T]):
    """One part of the tree of routes."""

    literals: "dict[str, _Node[_T]]" = field(default_factory=dict[str, "_Node[_T]"])
    place: "_Node[_T] | None" = None
    methods: dict[str, tuple[_T, tuple[str, ...]]] = field(
        default_factory=dict[str, "tuple[_T, tuple[str, ...]]"]
    )
    """By method: what is there, and what the places on the way are called."""


class Routes(Generic[_T]):
    """What lies where. Two routes that differ in the names of places alone are the same."""

    def __init__(self) -> None:
        self._root: _Node[_T] = _Node()

    def at(self, parts: tuple[str, ...], method: str) -> _T | None:
        """Return what lies at a route."""
        node: _Node[_T] | None = self._root
        for part in parts:
            node = node.place if part.startswith("{") else node.literals.get(part)
            if node is None:
                return None
        found = node.methods.get(method)
        return None if found is None else found[0]

    def put(self, parts: tuple[str, ...], method: str, what: _T) -> None:
        """Lay something there."""
        node = self._root
        names: list[str] = []
        for part in parts:
            if part.startswith("{"):
                names.append(part[1:-1])
                if node.place is None:
                    node.place = _Node()
                node = node.place
            else:
                node = node.literals.setdefault(part, _Node())
        node.methods[method] = (what, tuple(names))

    def remove(self, parts: tuple[str, ...], method: str) -> None:
        """Take away what lies there, and what then leads nowhere."""
        way: list[tuple[_Node[_T], str]] = []
        node = self._root
        for part in parts:
            way.append((node, part))
            following = node.place if part.startswith("{") else node.literals.get(part)
            if following is None:
                return
            node = following
        node.methods.pop(method, None)
        for parent, part in reversed(way):
            child = parent.place if part.startswith("{") else parent.literals[part]
            assert child is not None
            if child.methods or child.literals or child.place is not None:
                return
            if part.startswith("{"):
                parent.place = None
            else:
                del parent.literals[part]

    def match(self, parts: tuple[str, ...]) -> dict[str, tuple[_T, dict[str, str]]]:
        """Return by method what a request's path leads to, with its parameters; literals go before places."""
        found: dict[str, tuple[_T, dict[str, str]]] = {}
        for node, values in self._walk(self._root, parts, ()):
            for method, (what, names) in node.methods.items():
                found.setdefault(method, (what, dict(zip(names, values, strict=True))))
        return found

    def _walk(
        self, node: _Node[_T], parts: tuple[str, ...], values: tuple[str, ...]
    ) -> "Iterator[tuple[_Node[_T], tuple[str, ...]]]":
        if not parts:
            yield node, values
            return
        head, rest = parts[0], parts[1:]
        literal = node.literals.get(head)
        if literal is not None:
            yield from self._walk(literal, rest, values)
        if node.place is not None:
            yield from self._walk(node.place, rest, (*values, head))
