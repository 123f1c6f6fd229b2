"""Permission check: what the code uses, against what the manifest declares.

What the host itself demands (its method table says so) and is not declared is a fault: the call would be
denied. What an application or a sandbox may demand, and what is declared and never used, are warnings.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from host.devtools.findings import Finding, Level
from host.devtools.source_tree import SourceFile, SourceTree
from protocol.manifest import Manifest
from protocol.methods import METHODS
from protocol.namespaces import RESERVED_NAMESPACES
from protocol.permissions import Permission, parse_permission
from protocol.topics import HOST_TOPICS

_NETWORK: Final = (
    "socket",
    "http.client",
    "urllib.request",
    "smtplib",
    "ftplib",
    "imaplib",
    "poplib",
    "telnetlib",
    "xmlrpc.client",
    "requests",
    "httpx",
    "aiohttp",
    "urllib3",
    "websockets",
    "paramiko",
    "grpc",
)
_CONNECTING: Final = frozenset(
    f"asyncio.{name}"
    for name in (
        "open_connection",
        "open_unix_connection",
        "start_server",
        "start_unix_server",
    )
)
_APIS: Final = ("notify", "email", "plugins", "commands", "config", "events")
"""What `self.<name>` offers of the host's own methods that may need a permission."""

_NOTICED: Final = frozenset(
    {"notifications", "email", "plugins", "commands", "config", "events", "network", "prompts"}
)
"""Resources whose use shows in the code, if it is there."""


@dataclass(frozen=True, slots=True)
class _Use:
    """One use of something that needs a permission."""

    file: SourceFile
    line: int
    permission: Permission
    by: str
    """What the code says."""
    level: Level
    any_scope: bool = False
    """Whether the scope is only known when it runs."""


def check_permissions(manifest: Manifest, source: SourceTree) -> Iterator[Finding]:
    """Yield what is used and not declared, and what is declared and not used."""
    uses = [use for file in source.files for use in _uses(manifest, file)]
    told: set[tuple[str, str]] = set()
    for use in uses:
        if any(_is_enough(held, use) for held in manifest.permissions):
            continue
        text = str(use.permission)
        if (use.file.name, text) in told:
            continue
        told.add((use.file.name, text))
        of_host = use.level == "fault" or use.permission.resource in ("network", "files")
        needs = "needs" if of_host else "may need a permission such as"
        remedy = f'add "{text}" to permissions in the manifest'
        yield Finding(
            use.file.name,
            use.line,
            use.level,
            "permission-undeclared",
            f"{use.by} {needs} {text}, which the manifest does not declare",
            remedy if of_host else f"{remedy} if the application says so",
        )
    if source.files and manifest.entry_points and not any(_is_dynamic(file) for file in source.files):
        yield from _unused(manifest, source, uses)


def _is_enough(held: Permission, use: _Use) -> bool:
    if not use.any_scope:
        return held.covers(use.permission)
    # Which of its actions an application demands is not known.
    same_action = held.action == use.permission.action or use.level == "warning"
    return held.resource == use.permission.resource and same_action


def _unused(manifest: Manifest, source: SourceTree, uses: list[_Use]) -> Iterator[Finding]:
    used = {(use.permission.resource, use.permission.action) for use in uses}
    used |= {(use.permission.resource, "*") for use in uses if use.level == "warning"}
    words = " ".join(_words(source)).lower()
    for held in manifest.permissions:
        if (held.resource, held.action) in used or (held.resource, "*") in used:
            continue
        if held.resource not in _NOTICED and held.resource.rstrip("s") in words:
            continue  # an event, a hook or a method of the application bears the name
        yield Finding(
            "",
            0,
            "warning",
            "permission-unused",
            f"permissions: {held} is declared, and nothing in the code seems to use it",
            "take it out: what is not asked for need not be granted",
        )


def _words(source: SourceTree) -> Iterator[str]:
    for file in source.files:
        for node in ast.walk(file.tree):
            match node:
                case ast.Constant(value=str() as text):
                    yield text
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    yield name
                case ast.Attribute(attr=name):
                    yield name
                case _:
                    pass


def _is_dynamic(file: SourceFile) -> bool:
    """Tell whether names of methods are made while the code runs."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Call) and node.args:
            name = _path(node.func)
            if name[-2:] == ["host", "call"] and not isinstance(node.args[0], ast.Constant):
                return True
            if name == ["getattr"] and _path(node.args[0])[-1:] in (["host"], ["plugins"]):
                return True
    return False


def _uses(manifest: Manifest, file: SourceFile) -> Iterator[_Use]:
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Call):
            yield from _of_call(manifest, file, node)
        elif isinstance(node, ast.Import):
            for one in node.names:
                yield from _of_import(file, node.lineno, one.name)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for one in node.names:
                yield from _of_import(file, node.lineno, f"{node.module}.{one.name}")


def _of_import(file: SourceFile, line: int, name: str) -> Iterator[_Use]:
    if any(name == one or name.startswith(f"{one}.") for one in _NETWORK):
        yield _Use(
            file, line, Permission("network", "connect"), f"import of {name}", "warning", any_scope=True
        )


def _of_call(manifest: Manifest, file: SourceFile, node: ast.Call) -> Iterator[_Use]:
    path = _path(node.func)
    match path[1:]:
        case ["notify"]:
            yield from _of_method(file, node, "notify.user", "self.notify(...)")
        case ["events", "emit"]:
            yield from _of_emit(manifest, file, node)
        case ["host", "call"] if (name := _text(node, 0)) is not None:
            yield from _of_host(manifest, file, node, name)
        case ["host", *names] if len(names) > 1:
            yield from _of_host(manifest, file, node, ".".join(names))
        case ["ui", "prompt" | "confirm" | "choose" as name]:
            yield from _of_method(file, node, "ui.prompt", f"self.ui.{name}(...)")
        case [api, name] if api in _APIS:
            yield from _of_method(file, node, f"{api}.{name}", f"self.{api}.{name}(...)")
        case _:
            yield from _of_connection(file, node)
            yield from _of_file(file, node)


def _of_host(manifest: Manifest, file: SourceFile, node: ast.Call, name: str) -> Iterator[_Use]:
    if name in METHODS:
        yield from _of_method(file, node, name, f"self.host.{name}(...)")
        return
    namespace = name.partition(".")[0]
    if namespace in RESERVED_NAMESPACES or not namespace.isidentifier():
        return
    if any(held.resource in name.split(".")[1:] for held in manifest.permissions):
        return  # `platform.status` may need what is declared as `status:send`
    verb = name.rpartition(".")[2]
    reads = verb.startswith(("get", "list", "find", "read", "search", "count"))
    action = "read" if reads else "write"
    permission = Permission(namespace, action)
    yield _Use(file, node.lineno, permission, f"self.host.{name}(...)", "warning", any_scope=True)


def _of_method(file: SourceFile, node: ast.Call, name: str, by: str) -> Iterator[_Use]:
    row = METHODS.get(name)
    if row is None or row.permission is None:
        return
    bare, colon, _ = row.permission.partition(":{")
    permission = parse_permission(bare)
    if not colon:
        yield _Use(file, node.lineno, permission, by, "fault")
        return
    scope = _text(node, 0) or _text(node, "plugin")
    full = Permission(permission.resource, permission.action, scope or "")
    yield _Use(file, node.lineno, full, by, "fault", any_scope=scope is None)


def _of_emit(manifest: Manifest, file: SourceFile, node: ast.Call) -> Iterator[_Use]:
    topic = _text(node, 0) or _text(node, "event")
    if topic is None or "." not in topic or topic.startswith(f"plugin.{manifest.id}."):
        return
    if topic.split(".")[0] in (HOST_TOPICS, "plugin"):
        return  # no permission allows it
    by = f"self.events.emit({topic!r})"
    yield _Use(file, node.lineno, Permission("events", "emit", topic), by, "fault")


def _of_connection(file: SourceFile, node: ast.Call) -> Iterator[_Use]:
    name = file.dotted(node.func)
    if name in _CONNECTING:
        network = Permission("network", "connect")
        yield _Use(file, node.lineno, network, f"{name}(...)", "warning", any_scope=True)


def _of_file(file: SourceFile, node: ast.Call) -> Iterator[_Use]:
    name = file.dotted(node.func)
    if name not in ("open", "io.open", "pathlib.Path", "os.listdir", "os.scandir", "os.walk"):
        return
    place = _text(node, 0)
    if place is None or not place.startswith("/") or place.startswith("/dev/"):
        return
    mode = (_text(node, 1) or _text(node, "mode") or "r") if name in ("open", "io.open") else "r"
    action = "write" if any(letter in mode for letter in "wax+") else "read"
    by = f"{node.func.id if isinstance(node.func, ast.Name) else name}({place!r})"
    yield _Use(file, node.lineno, Permission("files", action), by, "warning")


def _path(node: ast.expr) -> list[str]:
    """Return the parts of a dotted name, from its root on; empty if it is none."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [node.id, *reversed(parts)] if isinstance(node, ast.Name) else []


def _text(node: ast.Call, place: int | str) -> str | None:
    """Return a text that an argument is, by its place or its name."""
    found: ast.expr | None = None
    if isinstance(place, int):
        found = node.args[place] if len(node.args) > place else None
    else:
        found = next((one.value for one in node.keywords if one.arg == place), None)
    return found.value if isinstance(found, ast.Constant) and isinstance(found.value, str) else None
