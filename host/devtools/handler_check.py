"""Handler check: are the methods there that a manifest's subscriptions, hooks, commands, endpoints and
schedules name, and has each decorator its parentheses.

Read from the code; nothing is imported. Nothing is said to be missing where it may come from elsewhere: from
a base class of another package, from code that makes attributes as it runs, or from `on_load`.
"""

import ast
import re
from collections.abc import Iterator, Set
from typing import Final

from host.devtools.entry_check import entry_shapes
from host.devtools.findings import Finding
from host.devtools.source_tree import SourceFile, SourceTree
from host.manifest import Package
from protocol.messages.provides import Endpoint

_Method = ast.FunctionDef | ast.AsyncFunctionDef

_NEED_PARENTHESES: Final = frozenset({"cron", "endpoint", "every", "hook", "menu_item", "on", "widget"})
_MAKES_ATTRIBUTES: Final = frozenset(
    {"setattr", "exec", "eval", "vars", "locals", "globals", "__dict__", "__setattr__", "__init_subclass__"}
)
"""Names whose use may give a class what nobody can read in it."""

_REGISTERING: Final = {
    "command": frozenset({"commands", "on_command"}),
    "endpoint": frozenset({"endpoints", "api", "register_routes"}),
    "schedule": frozenset({"schedule"}),
}
"""Names by which code registers what else a decorator or a method would answer."""

_REMEDY: Final = "write the method, or correct the name in the manifest"


def check_handlers(package: Package, source: SourceTree) -> Iterator[Finding]:
    """Yield which handlers of the manifest are nowhere, and which decorators do nothing as they stand."""
    yield from _bare_decorators(source)
    # A manifest in Python is never run: what it says registers nothing.
    files = tuple(one for one in source.files if one.name != package.file.name)
    source = SourceTree(files, source.findings)
    names = _attributes(package, source)
    if names is None:
        return
    manifest, file = package.manifest, package.file.name
    called = [(one.name, "subscription") for one in manifest.subscriptions]
    called += [(one.name, f"hook {one.hook!r}") for one in manifest.hooks]
    for name, what in called:
        # Several of one method are told apart by what stands behind a sign that no method's name has.
        handler = name.partition("-")[0].partition(":")[0]
        if not _is_there(handler, names):
            told = f"the manifest's {what} is handled by {handler}, and there is no method of that name"
            yield Finding(file, 0, "fault", "handler-missing", told, _REMEDY)
    used = _used(source)
    commands = given_names(source, "command")
    answered = [("command", one.name, commands is None or one.name in commands) for one in manifest.commands]
    answered += [("endpoint", one.name, _has_endpoint(source, one)) for one in manifest.endpoints]
    answered += [("schedule", one.name, False) for one in manifest.schedules]
    for what, name, is_decorated in answered:
        if is_decorated or _is_there(name, names) or used is None or used & _REGISTERING[what]:
            continue
        told = f"the manifest's {what} {name} has neither a method of that name nor a handler from code"
        yield Finding(file, 0, "fault", "handler-missing", told, _REMEDY)


def widgets_of(package: Package, source: SourceTree) -> frozenset[str] | None:
    """Return the names of a plugin's `@widget` methods; None where they are only known when it runs."""
    return None if _attributes(package, source) is None else given_names(source, "widget")


def given_names(source: SourceTree, decorator: str) -> frozenset[str] | None:
    """Return the names that methods have by a decorator, their own or another; None if one can't be read."""
    found: set[str] = set()
    for _, method, node in _decorated(source, frozenset({decorator})):
        name = method.name
        if isinstance(node, ast.Call):
            given = [*node.args[:1], *(one.value for one in node.keywords if one.arg in ("name", None))]
            if given and not (isinstance(given[0], ast.Constant) and isinstance(given[0].value, str)):
                return None
            name = str(ast.literal_eval(given[0])) if given else name
        found.add(name)
    return frozenset(found)


def _bare_decorators(source: SourceTree) -> Iterator[Finding]:
    for file, method, node in _decorated(source, _NEED_PARENTHESES):
        if not isinstance(node, ast.Call):
            name = file.dotted(node).rpartition(".")[2]
            what = f"{method.name}: @{name} stands without parentheses, and the code can't be imported so"
            remedy = f"write @{name}(...) with what it takes"
            yield Finding(file.name, node.lineno, "fault", "decorator", what, remedy)


def _decorated(source: SourceTree, names: frozenset[str]) -> Iterator[tuple[SourceFile, _Method, ast.expr]]:
    """Yield file, method and decorator wherever one of the SDK's by these names stands."""
    for file in source.files:
        for method in ast.walk(file.tree):
            for node in method.decorator_list if isinstance(method, _Method) else ():
                package, _, name = file.dotted(node.func if isinstance(node, ast.Call) else node).rpartition(
                    "."
                )
                if name in names and package.partition(".")[0] == "plugin_sdk":
                    assert isinstance(method, _Method)
                    yield file, method, node


def _attributes(package: Package, source: SourceTree) -> frozenset[str] | None:
    """Return all names that the plugin's classes may have; None where that can't be read from the code."""
    manifest = package.manifest
    findings, shapes = entry_shapes(manifest, source)
    classes = [node for _, shape in shapes for node in shape.classes]
    is_known = (
        len(shapes) == len(manifest.entry_points) > 0
        and not (findings or source.findings)
        and all(shape.is_whole for _, shape in shapes)
        and not any(node.decorator_list or node.keywords for node in classes)
    )
    if not is_known:
        return None
    names = {name for node in classes for name in _bound(node)}
    own = {node.name for node in classes}
    for file in source.files:
        for node in ast.walk(file.tree):
            match node:
                case ast.Name(id=name) | ast.Attribute(attr=name) | ast.FunctionDef(name=name) if (
                    name in _MAKES_ATTRIBUTES
                ):
                    return None
                case ast.Call() if _is_given(node, own):
                    return None
                case ast.Attribute(attr=name, ctx=ast.Store()):
                    names.add(name)
                case _:
                    pass
    return frozenset(names)


def _bound(cls: ast.ClassDef) -> Iterator[str]:
    """Yield the names that a class's body may bind, in whatever branch."""
    waiting: list[ast.AST] = [*cls.body]
    while waiting:
        node = waiting.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
                continue
            case ast.Import() | ast.ImportFrom():
                yield from (one.asname or one.name for one in node.names)
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case _:
                pass
        waiting += ast.iter_child_nodes(node)


def _is_there(handler: str, names: frozenset[str]) -> bool:
    """Tell whether a method may answer to a name of the manifest, `method` or `Class.method`."""
    attributes = (re.sub(r"[^a-zA-Z0-9_]", "_", name) for name in (handler, handler.rpartition(".")[2]))
    return any(name in names and not name.startswith("_") for name in attributes)


def _used(source: SourceTree) -> frozenset[str] | None:
    """Return the names by which code may register something; None where it hands the plugin to others."""
    found: set[str] = set()
    for file in source.files:
        for node in ast.walk(file.tree):
            match node:
                case ast.Call() if _is_given(node, {"self"}):
                    return None
                case ast.Attribute(attr=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    found.add(name)
                case ast.Constant(value=str() as text):
                    found.add(text.partition(".")[0])
                case _:
                    pass
    return frozenset(found)


def _is_given(call: ast.Call, names: Set[str]) -> bool:
    """Tell whether a call hands one of these on, which may then get attributes, or register something."""
    given = [*call.args, *(one.value for one in call.keywords)]
    return any(isinstance(one, ast.Name) and one.id in names for one in given)


def _has_endpoint(source: SourceTree, declared: Endpoint) -> bool:
    """Tell whether an `@endpoint` may answer one of the manifest."""
    path = declared.path.strip("/")
    for _, _, node in _decorated(source, frozenset({"endpoint"})):
        given = node.args[1:2] if isinstance(node, ast.Call) else []
        known = given[0].value if given and isinstance(given[0], ast.Constant) else None
        if not isinstance(known, str) or known.strip("/").endswith(path):
            return True
    return False
