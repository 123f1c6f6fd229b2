"""Schemas of plugins' configurations: every form in which authors write one becomes JSON Schema 2020-12.

Owns the forms (JSON Schema with `"type": "enum"`; a flat table of settings with `required`, `default`,
`description`; the same with `label`), which keywords are understood, and the bounds. A schema comes from a
plugin: it reaches nothing outside of itself, and no expression in it may keep the host busy. Values are held
against it where configuration is kept, by `validator`.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, cast

from host.manifest.faults import show, show_path
from host.manifest.schema_reader import MAX_DEPTH, Document, SchemaFault, SchemaReader

__all__ = ["SchemaFault", "merge", "normalise", "normalise_any", "validator"]

MAX_SCHEMA_BYTES: Final = 128 * 1024
MAX_FAULTS: Final = 50


def normalise(schema: object) -> tuple[Document, list[SchemaFault]]:
    """Return a schema as JSON Schema 2020-12 of an object, and everything that is wrong with it.

    With faults, the schema returned is what could be understood; it must not be used. Never raises.
    """
    return _normalise(schema, SchemaReader.read, "a table: JSON Schema, or one entry for each setting")


def normalise_any(schema: object) -> tuple[Document, list[SchemaFault]]:
    """Return a schema of values of any type; otherwise like `normalise`, without the short forms."""
    return _normalise(schema, SchemaReader.read_any, "a table: JSON Schema")


def _normalise(
    schema: object, read: Callable[[SchemaReader, Mapping[str, Any]], Document], allowed: str
) -> tuple[Document, list[SchemaFault]]:
    if not isinstance(schema, Mapping):
        return {}, [SchemaFault("", show(schema), allowed)]
    if fault := _size_fault(cast("Mapping[Any, Any]", schema)):
        return {}, [fault]
    reader = SchemaReader()
    document = read(reader, cast("Mapping[str, Any]", schema))
    faults = reader.faults
    if not faults:
        faults += _faults_of_values(document, reader.written_at)
    if not faults:
        faults += _faults_of_defaults(document, reader.written_at)
    return document, faults[:MAX_FAULTS]


def merge(manifest_schema: Mapping[str, Any] | None, code_schema: Mapping[str, Any] | None) -> Document:
    """Return both normalised schemas as one: what the manifest says stands, code adds to it.

    A setting that both have is the manifest's, but for keywords that only code has. A setting is required if
    either says so.
    """
    over, under = dict(manifest_schema or {}), dict(code_schema or {})
    merged = under | over
    for word in ("properties", "$defs", "patternProperties"):
        if word in over and word in under:
            both: Document = dict(under[word])
            for name, rule in over[word].items():
                both[name] = _merged_rule(rule, both.get(name))
            merged[word] = both
    if "required" in over or "required" in under:
        merged["required"] = list(dict.fromkeys([*over.get("required", ()), *under.get("required", ())]))
    return merged


def _merged_rule(rule: Any, other: Any) -> Any:
    if not isinstance(rule, dict) or not isinstance(other, dict):
        return cast("object", rule)
    over, under = cast("Document", rule), cast("Document", other)
    if "properties" in over or "properties" in under:
        return merge(over, under)
    # Another type's bounds would contradict the manifest's.
    same_type = over.get("type", under.get("type")) == under.get("type", over.get("type"))
    return under | over if same_type else dict(over)


def validator(schema: Mapping[str, Any]) -> Any:
    """Return a jsonschema validator for a normalised schema, which checks formats and reaches no network.

    A text longer than its `pattern` can be held against in bounded time fails as one that does not match.
    """
    from host.manifest.schema_validator import make_validator

    return make_validator(schema)


def _size_fault(schema: Mapping[Any, Any]) -> SchemaFault | None:
    try:
        size = len(json.dumps(schema, allow_nan=False))
    except RecursionError:
        return SchemaFault("", "schemas nested too deep", f"at most {MAX_DEPTH} levels")
    except (TypeError, ValueError) as exc:
        return SchemaFault("", show(str(exc)), "values that JSON has")
    if size > MAX_SCHEMA_BYTES:
        return SchemaFault("", f"{size:,} bytes", f"at most {MAX_SCHEMA_BYTES:,}")
    return None


def _faults_of_values(
    document: Document, written_at: Mapping[tuple[str | int, ...], tuple[str | int, ...]]
) -> list[SchemaFault]:
    """Return where a keyword's value is none that JSON Schema has for it."""
    from host.manifest.schema_validator import faults_by_place

    return [
        SchemaFault(show_path(_as_written(place, written_at)), show(found), allowed)
        for place, found, allowed in faults_by_place(document)
    ]


def _faults_of_defaults(
    document: Document, written_at: Mapping[tuple[str | int, ...], tuple[str | int, ...]]
) -> Iterator[SchemaFault]:
    """Find defaults that their own schema does not allow, and references to nowhere."""
    from host.manifest.schema_validator import default_faults

    for place, found, allowed in default_faults(document):
        yield SchemaFault(show_path(_as_written(place, written_at)), show(found), allowed)


def _as_written(
    place: tuple[str | int, ...], written_at: Mapping[tuple[str | int, ...], tuple[str | int, ...]]
) -> tuple[str | int, ...]:
    for length in range(len(place), 0, -1):
        if (start := written_at.get(place[:length])) is not None:
            return (*start, *place[length:])
    return place
