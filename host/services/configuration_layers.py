"""Layers of one plugin's configuration, and where each value comes from.

From the lowest: the schema's defaults, the package's `config/default.json`, the settings file (or what the
embedding program gave), the environment, what was set. Pure; the layers are given.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Final, cast

import msgspec

from host.services.configuration_merge import merge
from host.services.configuration_schema import Schema

PREFIX: Final = "PLUGHOST_CONFIG_"

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer."""

    origin: str
    values: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Explained:
    """One value, and where it comes from."""

    key: str
    """Dotted."""
    value: Any
    """A secret as `•••`."""
    origin: str
    """`default`, `config/default.json`, `file`, `environment NAME` or `set`."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that differs."""

    key: str
    old: Any
    """None where it was not there; a secret as `•••`."""
    new: Any


def effective(layers: Iterable[Layer]) -> dict[str, Any]:
    """Return what the layers make together."""
    return reduce(merge, (layer.values for layer in layers), cast("dict[str, Any]", {}))


def origin(layers: Iterable[Layer], path: Path) -> str:
    """Return which layer gives the value at a path; `not set` if none does."""
    found = "not set"
    for layer in layers:
        if has(layer.values, path):
            found = layer.origin
    return found


def explain(schema: Schema, layers: list[Layer]) -> tuple[Explained, ...]:
    """Return every value with its origin."""
    return tuple(
        Explained(".".join(path), schema.masked(value, path), origin(layers, path))
        for path, value in sorted(leaves(effective(layers)))
    )


def differences(schema: Schema, old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Return what differs, secrets masked."""
    return tuple(
        Difference(".".join(path), schema.masked(at(old, path), path), schema.masked(at(new, path), path))
        for path in changed(old, new)
    )


def changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Path]:
    """Return the paths whose values differ."""
    before, after = dict(leaves(old)), dict(leaves(new))
    missing = object()
    paths = sorted(before.keys() | after.keys())
    return [path for path in paths if before.get(path, missing) != after.get(path, missing)]


def leaves(values: Mapping[str, Any], above: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Return what is no table, and empty tables, with paths."""
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(cast("Mapping[str, Any]", value), (*above, key))
        else:
            yield (*above, key), value


def at(values: Any, path: Path) -> Any:
    """Return the value at a path, or None."""
    for key in path:
        if not isinstance(values, Mapping):
            return None
        values = cast("Mapping[str, Any]", values).get(key)
    return values


def has(values: Any, path: Path) -> bool:
    """Return whether there is a value at a path; inside of a list, whether the list is there."""
    for key in path:
        if not isinstance(values, Mapping):
            return isinstance(values, list)
        if key not in values:
            return False
        values = cast("Mapping[str, Any]", values)[key]
    return True


def nested(path: Path, value: Any) -> dict[str, Any]:
    """Return a table that holds one value at a path."""
    for key in reversed(path):
        value = {key: value}
    return value


def path_of(schema: Schema, key: str) -> Path:
    """Return where a dotted key leads: into tables, unless the schema has this very key."""
    path = tuple(key.split("."))
    is_key = key in schema.keys(()) or (any(schema.at((key,))) and not any(schema.at(path)))
    return (key,) if is_key or not all(path) else path


def spread(schema: Schema, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return changes with dotted keys as tables."""
    made: dict[str, Any] = {}
    for key, value in changes.items():
        made = merge(made, nested(path_of(schema, key), value))
    return made


def without(values: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return the values without the one at a path, and without tables that it leaves empty."""
    first = next(iter(path))
    left = dict(values)
    below = left.get(first)
    if len(path) > 1 and isinstance(below, Mapping):
        inner = without(cast("Mapping[str, Any]", below), path[1:])
        if inner:
            left[first] = inner
            return left
    elif len(path) > 1:
        return left
    left.pop(first, None)
    return left


def environment(
    plugin: str, others: Iterable[str], environ: Mapping[str, str], schema: Schema
) -> list[Layer]:
    """Return what variables set, one layer for each: `PLUGHOST_CONFIG_<ID>__<KEY>`, `__` into tables.

    A variable that fits several ids belongs to the longest one.
    """
    own = _prefix(plugin)
    longer = tuple(prefix for prefix in map(_prefix, others) if prefix != own and prefix.startswith(own))
    layers: list[Layer] = []
    for name, text in sorted(environ.items()):
        if not name.startswith(own) or (longer and name.startswith(longer)):
            continue
        path: Path = ()
        for part in name[len(own) :].split("__"):
            known = {key.upper().replace("-", "_"): key for key in schema.keys(path)}
            path = (*path, known.get(part.upper(), part.lower()))
        if all(path):
            layers.append(Layer(f"environment {name}", nested(path, read_text(text, schema.types(path)))))
    return layers


def read_text(text: str, types: set[str]) -> Any:
    """Return what a text means where the schema names these types: JSON, but text where it is to be text."""
    if types == {"string"}:
        return text
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
    return text if "string" in types and not isinstance(value, str) and not _is_of(value, types) else value


def _is_of(value: Any, types: set[str]) -> bool:
    match value:
        case bool():
            return "boolean" in types
        case int():
            return bool({"integer", "number"} & types)
        case float():
            return "number" in types
        case list():
            return "array" in types
        case None:
            return "null" in types
        case _:
            return "object" in types


def _prefix(plugin: str) -> str:
    return f"{PREFIX}{plugin.upper().replace('-', '_')}__"
