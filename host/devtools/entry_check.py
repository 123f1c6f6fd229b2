"""Entry check: is there the class that an entry point names, and has it what its kind demands.

Read from the code; nothing is imported. Where a base class lies outside of the plugin's folder it may bring
anything, and nothing is said to be missing.
"""

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from host.devtools.findings import Finding
from host.devtools.source_tree import SourceFile, SourceTree
from protocol.kinds import CALLED
from protocol.manifest import Manifest

_SDK: Final = ("plugin_sdk.Plugin", "plugin_sdk.plugin.Plugin", "plugin_sdk.kinds.")
_KIND_CLASSES: Final = {
    "AIProvider": "ai_provider",
    "AIProviderPlugin": "ai_provider",
    "Security": "security",
    "SecurityPlugin": "security",
    "Automation": "automation",
    "AutomationPlugin": "automation",
    "Interface": "interface",
    "InterfacePlugin": "interface",
}
_INTERFACE: Final = ("register_routes", "register_gui_components")
MAX_IMPORTS: Final = 20
"""Files through which a name is followed; imports may go round in a circle."""

_DERIVE: Final = "derive it from plugin_sdk.Plugin"


@dataclass(frozen=True, slots=True)
class PluginClass:
    """A class of the plugin."""

    file: SourceFile
    node: ast.ClassDef


@dataclass(slots=True)
class Shape:
    """What a class has, with all that it derives from."""

    methods: dict[str, ast.AST]
    is_plugin: bool = False
    is_whole: bool = True
    """Whether all of its bases were found."""
    kind: str = ""
    classes: list[ast.ClassDef] = field(default_factory=list[ast.ClassDef])
    """Itself and all bases that were found."""


def check_entries(manifest: Manifest, source: SourceTree) -> Iterator[Finding]:
    """Yield what is wrong with the entry points."""
    findings, shapes = entry_shapes(manifest, source)
    yield from findings
    yield from _contract(manifest, shapes)


def entry_shapes(
    manifest: Manifest, source: SourceTree
) -> tuple[list[Finding], list[tuple[PluginClass, Shape]]]:
    """Return what is wrong with the entry points, and the classes of those with which nothing is."""
    findings: list[Finding] = []
    shapes: list[tuple[PluginClass, Shape]] = []
    for entry in manifest.entry_points:
        found = _class_of(entry, source)
        if isinstance(found, Finding):
            findings.append(found)
        elif found is not None:
            shape = _shape_of(found, source, frozenset())
            if shape.is_whole and not shape.is_plugin:
                what = f"class {found.node.name} is the entry point {entry!r}, and is no plugin"
                findings.append(_finding(found, "entry-point", what, _DERIVE))
            else:
                shapes.append((found, shape))
    return findings, shapes


def _contract(manifest: Manifest, shapes: list[tuple[PluginClass, Shape]]) -> Iterator[Finding]:
    """Yield which methods of its kind a plugin lacks; several classes may have them together."""
    if not shapes or not all(shape.is_whole for _, shape in shapes):
        return
    first, _ = shapes[0]
    kind = next((shape.kind for _, shape in shapes if shape.kind), manifest.type)
    methods = {name: node for _, shape in shapes for name, node in shape.methods.items()}
    missing = [name for name in CALLED.get(kind, {}) if name not in methods]
    if missing:
        what = f"class {first.node.name}: a plugin of type {kind} has to have {' and '.join(missing)}"
        yield _finding(first, "kind-contract", what, "write the method; docs/kinds.md says what it returns")
    if kind == "interface" and not any(name in methods for name in _INTERFACE):
        what = f"class {first.node.name}: a plugin of type interface has to have {' or '.join(_INTERFACE)}"
        yield _finding(first, "kind-contract", what, "write one of them")
    for name, is_stream in CALLED.get(kind, {}).items():
        node = methods.get(name)
        if node is not None and is_stream and not _yields(node):
            what = f"{name} yields nothing, and the application reads it as a stream"
            yield _finding(first, "kind-contract", what, "make it an async generator", node)
    if manifest.type != kind and any(shape.kind for _, shape in shapes):
        what = f"class {first.node.name} is of the kind {kind}, the manifest says {manifest.type}"
        yield _finding(first, "kind-contract", what, f'write type = "{kind}" in the manifest')


def _class_of(entry: str, source: SourceTree) -> PluginClass | Finding | None:
    """Return the class of an entry point, or what is wrong; None where nothing can be said."""
    module, _, name = entry.partition(":")
    if not name:
        module = module.removesuffix(".py").replace("/", ".")
    file = _file_of(module, source)
    if file is None:
        return None  # the file could not be parsed, which is told already
    if name:
        found = _named(name, file, source)
        if found is None and name not in file.imports and not _is_assigned(name, file):
            there = ", ".join(node.name for node in _classes(file)) or "none"
            what = f"entry point {entry!r} names a class that is not there; there are: {there}"
            return Finding(file.name, 0, "fault", "entry-point", what, "correct the manifest or the class")
        return found
    classes = [PluginClass(file, node) for node in _classes(file)]
    shapes = [(one, _shape_of(one, source, frozenset())) for one in classes]
    plugins = [one for one, shape in shapes if shape.is_plugin]
    unknown = [one for one, shape in shapes if not shape.is_plugin and not shape.is_whole]
    if not plugins:
        plugins = _imported(file, source)
    if len(plugins) == 1:
        return plugins[0]
    if not plugins and unknown:
        return unknown[0] if len(unknown) == 1 else None
    if not plugins and any(name.endswith(".*") for name in file.imports.values()):
        return None
    names = ", ".join(one.node.name for one in plugins) or "none"
    what = f"entry point {entry!r} must hold one class derived from plugin_sdk.Plugin; found: {names}"
    return Finding(file.name, 0, "fault", "entry-point", what, "name the class: module:Class")


def _imported(file: SourceFile, source: SourceTree) -> list[PluginClass]:
    """Return the plugin classes that a file imports from others of the plugin, but for bases of others."""
    found = {
        one.node: one for name in file.imports if (one := _named(name, file, source)) and one.file is not file
    }
    plugins = [one for one in found.values() if _shape_of(one, source, frozenset()).is_plugin]
    bases = {base for one in plugins for base in _bases_of(one, source, frozenset())}
    return [one for one in plugins if one.node not in bases]


def _bases_of(
    found: PluginClass, source: SourceTree, seen: frozenset[ast.ClassDef]
) -> Iterator[ast.ClassDef]:
    for base in found.node.bases:
        own = _named(base.id, found.file, source) if isinstance(base, ast.Name) else None
        if own is not None and own.node not in seen:
            yield own.node
            yield from _bases_of(own, source, seen | {own.node})


def _file_of(module: str, source: SourceTree) -> SourceFile | None:
    path = module.replace(".", "/")
    return source.find(f"{path}.py") or source.find(f"{path}/__init__.py")


def _named(name: str, file: SourceFile, source: SourceTree, steps: int = MAX_IMPORTS) -> PluginClass | None:
    """Return a class by the name that it has in a file, if it is one of the plugin's."""
    for node in _classes(file):
        if node.name == name:
            return PluginClass(file, node)
    module, _, original = file.imports.get(name, "").rpartition(".")
    other = _file_of(module.lstrip("."), source) if module else None
    if other is None or other is file or not steps:
        return None
    return _named(original, other, source, steps - 1)


def _shape_of(found: PluginClass, source: SourceTree, seen: frozenset[str]) -> Shape:
    shape = Shape({}, classes=[found.node])
    if not found.node.bases:
        return shape
    for base in found.node.bases:
        name = found.file.dotted(base)
        if name.startswith(_SDK):
            shape.is_plugin = True
            shape.kind = shape.kind or _KIND_CLASSES.get(name.rpartition(".")[2], "")
            continue
        own = _named(base.id, found.file, source) if isinstance(base, ast.Name) else None
        if own is None or own.node.name in seen:
            shape.is_whole = shape.is_whole and (name == "abc.ABC" or hasattr(builtins, name))
            continue
        under = _shape_of(own, source, seen | {found.node.name})
        shape.methods |= under.methods
        shape.classes += under.classes
        shape.is_plugin = shape.is_plugin or under.is_plugin
        shape.is_whole = shape.is_whole and under.is_whole
        shape.kind = shape.kind or under.kind
    for node in found.node.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            shape.methods[node.name] = node
        elif isinstance(node, ast.Assign):
            shape.methods |= {one.id: node for one in node.targets if isinstance(one, ast.Name)}
    return shape


def _classes(file: SourceFile) -> list[ast.ClassDef]:
    return [node for node in file.tree.body if isinstance(node, ast.ClassDef)]


def _is_assigned(name: str, file: SourceFile) -> bool:
    """Tell whether a module makes a name in a way that only running it shows."""
    return any(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
        for node in ast.walk(file.tree)
    )


def _yields(node: ast.AST) -> bool:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return True  # nothing can be said
    return any(isinstance(one, ast.Yield | ast.YieldFrom) for one in ast.walk(node))


def _finding(found: PluginClass, rule: str, what: str, remedy: str, node: ast.AST | None = None) -> Finding:
    line: int = getattr(node or found.node, "lineno", 0)
    return Finding(found.file.name, line, "fault", rule, what, remedy)
