"""Frozen: durable subscriptions and hooks that code declares, written into the manifest of a package.

A host then knows them before the plugin ever ran there: events are kept for it, and a fail-closed hook
guards, from the moment that the package is found. The code is read and not run, so what a decorator is given
has to stand there as it is; what does not is told, and learnt by a host at the first load.
"""

import ast
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from host.devtools.source_tree import SourceFile, SourceTree
from host.manifest import Package
from protocol import filters

_ON: Final = ("plugin_sdk.on", "plugin_sdk.decorators.on.on")
_HOOK: Final = ("plugin_sdk.hook", "plugin_sdk.decorators.hook.hook")
_TESTS: Final = ("contains", "equals", "not_equals", "starts_with", "one_of", "above", "below", "exists")


class _Unread(Exception):
    """An argument that is only known when the code runs."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """What was found."""

    subscriptions: tuple[Mapping[str, Any], ...]
    """As the manifest writes them."""
    hooks: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...]
    """What could not be frozen, and why; a sentence each."""


def frozen_of(package: Package, source: SourceTree) -> Frozen:
    """Return what the code declares and the manifest does not."""
    manifest = package.manifest
    told = {(one.name.partition("-")[0], one.topics) for one in manifest.subscriptions}
    hooked = {(one.name.partition(":")[0], one.hook) for one in manifest.hooks}
    subscriptions: list[dict[str, Any]] = []
    hooks: list[dict[str, Any]] = []
    notes: list[str] = []
    for file in source.files:
        for cls, function in _methods(file):
            handler = f"{cls.name}.{function.name}" if len(manifest.entry_points) > 1 else function.name
            calls = [one for one in function.decorator_list if isinstance(one, ast.Call)]
            subscribed = [one for one in calls if file.dotted(one.func) in _ON]
            for call in calls:
                name = file.dotted(call.func)
                place = f"{file.name}:{call.lineno}: {cls.name}.{function.name}"
                try:
                    if name in _ON and _given(file, call, "durable", None) is True:
                        if len(subscribed) > 1:
                            notes.append(f"{place}: one of several subscriptions of one method is not frozen")
                            continue
                        found = _subscription(file, call, handler)
                        if (handler, tuple(found["topics"])) not in told:
                            subscriptions.append(found)
                    elif name in _HOOK:
                        found = _hook(file, call, handler)
                        if (handler, found["hook"]) not in hooked:
                            hooks.append(found)
                except _Unread as exc:
                    notes.append(f"{place}: {exc} is only known when the code runs, and is not frozen")
    return Frozen(
        tuple(sorted(subscriptions, key=lambda one: one["handler"])),
        tuple(sorted(hooks, key=lambda one: (one["handler"], one["hook"]))),
        tuple(notes),
    )


def with_frozen(name: str, text: str, frozen: Frozen) -> str | None:
    """Return a manifest's text with what was frozen in it; None where its form has no place for that."""
    if name.endswith(".toml"):
        return _toml(text, frozen)
    if name.endswith(".json"):
        document = cast("dict[str, Any]", json.loads(text))
        for key, rows in (("subscriptions", frozen.subscriptions), ("hooks", frozen.hooks)):
            if rows:
                document[key] = [*document.get(key, ()), *rows]
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    return None


def _toml(text: str, frozen: Frozen) -> str | None:
    lines = [text.rstrip("\n")]
    for key, rows in (("subscriptions", frozen.subscriptions), ("hooks", frozen.hooks)):
        for row in rows:
            lines += ["", f"[[{key}]]", *(f"{name} = {_value(value)}" for name, value in row.items())]
    made = "\n".join(lines) + "\n"
    try:
        tomllib.loads(made)
    except tomllib.TOMLDecodeError:
        return None  # what is there already is written as a list in one line
    return made


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        table = cast("Mapping[str, Any]", value)
        return "{ " + ", ".join(f"{json.dumps(key)} = {_value(one)}" for key, one in table.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(one) for one in cast("list[Any]", value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _methods(file: SourceFile) -> Iterator[tuple[ast.ClassDef, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in ast.walk(file.tree):
        if isinstance(node, ast.ClassDef):
            for one in node.body:
                if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield node, one


def _subscription(file: SourceFile, call: ast.Call, handler: str) -> dict[str, Any]:
    topics = _given(file, call, "topics", 0)
    row: dict[str, Any] = {"handler": handler, "topics": [topics] if isinstance(topics, str) else [*topics]}
    where = _given(file, call, "where", None)
    if where:
        row["where"] = filters.written(where)
    return row | {"durable": True}


def _hook(file: SourceFile, call: ast.Call, handler: str) -> dict[str, Any]:
    row: dict[str, Any] = {"hook": _given(file, call, "name", 0), "handler": handler}
    for key in ("before", "after"):
        ids = _given(file, call, key, None)
        if ids:
            row[key] = [ids] if isinstance(ids, str) else [*ids]
    budget_s = _given(file, call, "budget_s", None)
    if budget_s is not None:
        row["budget"] = f"{max(1, round(budget_s * 1_000))}ms"
    fail = _given(file, call, "fail", None)
    return row if fail is None else row | {"fail": fail}


def _given(file: SourceFile, call: ast.Call, name: str, position: int | None) -> Any:
    """Return an argument; None if there is none. Raises _Unread."""
    for keyword in call.keywords:
        if keyword.arg is None:
            raise _Unread("**")
        if keyword.arg == name:
            return _read(file, keyword.value)
    if position is not None and position < len(call.args):
        return _read(file, call.args[position])
    return None


def _read(file: SourceFile, node: ast.expr) -> Any:
    if isinstance(node, ast.Dict) and None not in node.keys:
        keys = [_read(file, key) for key in node.keys if key is not None]
        return dict(zip(keys, [_read(file, value) for value in node.values], strict=True))
    if isinstance(node, ast.Call):
        module, _, test = file.dotted(node.func).rpartition(".")
        if module.split(".")[0] in ("plugin_sdk", "protocol") and test in _TESTS and not node.keywords:
            return getattr(filters, test)(*(_read(file, one) for one in node.args))
    try:
        return ast.literal_eval(node)
    except ValueError:
        raise _Unread(ast.unparse(node)[:80]) from None
