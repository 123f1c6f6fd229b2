"""The module that `plughost stubs` writes: a `Plugin` whose `self.host` knows an API.

A type checker sees classes; while the plugin runs, the module's `Plugin` is the SDK's own. Names and texts of
the document may be anybody's: what can't be written as Python is left out, and said.
"""

import textwrap
from dataclasses import dataclass, field
from typing import Any, cast

from host.cli.stub_types import Schema, StubTypes, usable
from protocol.namespaces import RESERVED_NAMESPACES

_HEAD = '''"""The host's API, for type checkers and editors. Written by `plughost stubs`; don't edit it.

    from {module} import Plugin

`self.host` of that Plugin knows the functions below. While the plugin runs it is the SDK's own Plugin.
"""
# ruff: noqa
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import builtins as _builtins
    from collections.abc import AsyncIterable, Awaitable
    from typing import Any, Literal, NotRequired, TypedDict

    import plugin_sdk
    from plugin_sdk.api.host import Host
'''
_FOOT = """else:
    from plugin_sdk import Plugin
"""
_IMPORTED = {
    "AsyncIterable", "Awaitable", "Any", "Literal", "NotRequired", "TypedDict", "Host",
    "HostApi", "Plugin", "TYPE_CHECKING",
}  # fmt: skip
_OF_HOST = {"call", "host"}
"""First parts of names that `self.host.<name>` would not find."""


@dataclass(slots=True)
class _Node:
    """One part of the dotted names: a function, a namespace, or both."""

    entry: Schema | None = None
    parts: "dict[str, _Node]" = field(default_factory=dict[str, "_Node"])


class StubFault(Exception):
    """What is given is no OpenRPC document; the message says where."""


@dataclass(frozen=True, slots=True)
class Stubs:
    """The text of a module, the functions in it, and those that can't be in it."""

    text: str
    functions: tuple[str, ...]
    left_out: tuple[str, ...]


def render(document: object, module: str) -> Stubs:
    """Return the module for an OpenRPC document, without the methods that every host has.

    Raises:
        StubFault: It is no OpenRPC document.
    """
    root = _Node()
    found: list[str] = []
    left_out: list[str] = []
    for entry in _methods(document):
        name: str = entry["name"]
        parts = name.split(".")
        if parts[0] in RESERVED_NAMESPACES:
            continue
        names = [*parts, *(one["name"] for one in entry["params"])]
        lower = name == name.lower() and not name.startswith("_") and "._" not in name
        if len(parts) < 2 or parts[0] in _OF_HOST or not lower or not all(map(usable, names)):
            left_out.append(name)
            continue
        node = root
        for part in parts:
            node = node.parts.setdefault(part, _Node())
        node.entry = entry
        found.append(name)
    types = StubTypes(set(_IMPORTED), {part for name in found for part in name.split(".")})
    spaces: list[str] = []
    members = [_member(part, node, part, types, spaces) for part, node in root.parts.items()]
    api = "class HostApi(Host):\n" + _indented(
        ['"""The host\'s API: the embedding program\'s functions, and those of every host."""\n', *members]
    )
    plugin = (
        "class Plugin(plugin_sdk.Plugin):\n"
        "    host: HostApi  # pyright: ignore[reportIncompatibleVariableOverride]\n"
    )
    body = "\n".join([*types.classes, *spaces, api, plugin])
    text = _HEAD.format(module=module) + "\n" + textwrap.indent(body, "    ") + _FOOT
    return Stubs(text, tuple(found), tuple(left_out))


def _methods(document: object) -> list[Schema]:
    methods = cast("Schema", document).get("methods") if isinstance(document, dict) else None
    if not isinstance(methods, list):
        raise StubFault("it has no list of methods, so it is no OpenRPC document")
    entries: list[Schema] = []
    for number, one in enumerate(cast("list[object]", methods)):
        entry = cast("Schema", one) if isinstance(one, dict) else {}
        params: Any = entry.get("params", [])
        if not isinstance(entry.get("name"), str):
            raise StubFault(f"methods[{number}] has no name")
        if not isinstance(params, list) or not all(
            isinstance(each, dict) and isinstance(cast("Schema", each).get("name"), str)
            for each in cast("list[object]", params)
        ):
            raise StubFault(f"methods[{number}]: params is not a list of objects with a name")
        entries.append(entry | {"params": params})
    return entries


def _member(part: str, node: _Node, path: str, types: StubTypes, spaces: list[str]) -> str:
    """Return a member of a class; the class of a namespace is added to `spaces`."""
    if not node.parts:
        assert node.entry is not None
        return _function(part, node.entry, types)
    name = types.name(f"{path}_api")
    members = [_member(below, one, f"{path}_{below}", types, spaces) for below, one in node.parts.items()]
    if node.entry is not None:
        members.append(_function("__call__", node.entry, types))
    spaces.append(f"class {name}:\n" + _indented(members))
    return f"@{types.built_in('property')}\ndef {part}(self) -> {name}: ...\n"


def _function(name: str, entry: Schema, types: StubTypes) -> str:
    full: str = entry["name"]
    arguments: list[str] = []
    for one in cast("list[Schema]", entry["params"]):
        type_ = types.of(one.get("schema"), f"{full}_{one['name']}")
        arguments.append(f"{one['name']}: {type_}" + ("" if one.get("required") is True else " = ..."))
    result: Any = entry.get("result")
    of = types.of(cast("Schema", result).get("schema") if isinstance(result, dict) else None, full)
    wraps = "AsyncIterable" if entry.get("x-stream") is True else "Awaitable"
    me = "__self" if "self" in (one["name"] for one in entry["params"]) else "self"
    given = ", ".join([me, "*", *arguments] if arguments else [me])
    head = f"def {name}({given}) -> {wraps}[{of}]:"
    text = _documentation(entry)
    return f"{head}\n{textwrap.indent(text, '    ')}    ...\n" if text else f"{head} ...\n"


def _documentation(entry: Schema) -> str:
    words = [entry.get("description") or entry.get("summary") or ""]
    if isinstance(permission := entry.get("x-permission"), str):
        words.append(f"Permission: {permission}")
    text = "\n\n".join(word.strip() for word in words if isinstance(word, str) and word.strip())
    if not text:
        return ""
    clean = "".join(sign for sign in text if sign.isprintable() or sign == "\n")
    safe = clean.replace("\\", "\\\\").replace('"', '\\"')
    lines = safe.split("\n")
    return f'"""{lines[0]}"""\n' if len(lines) == 1 else f'"""{safe}\n"""\n'


def _indented(members: list[str]) -> str:
    return textwrap.indent("\n".join(members), "    ")
