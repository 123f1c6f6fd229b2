"""Form of a configuration's schema: which spellings are understood, and what a schema may not hold.

A schema comes from a plugin: it may not lead out of itself, and its patterns may not keep the host busy.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

MAX_PATTERN_CHARS: Final = 500

Document = dict[str, Any]

_KEYWORDS: Final = frozenset(
    {"properties", "$schema", "$ref", "$defs", "additionalProperties", "allOf", "anyOf", "oneOf", "required"}
)
_NESTED_REPEAT: Final = re.compile(r"\((?:[^()\\]|\\.)*[+*}](?:[^()\\]|\\.)*\)[+*{]")
"""A repeat inside of a repeat, such as `(a+)+`: some texts would keep the host busy for years."""


def merge(under: Mapping[str, Any], over: Mapping[str, Any]) -> Document:
    """Return `under` with `over` laid on it: tables are merged, anything else is replaced."""
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = merge(cast("Mapping[str, Any]", below), cast("Mapping[str, Any]", value))
        else:
            merged[key] = value
    return merged


def as_object(document: Mapping[str, Any]) -> Document:
    """Return a schema as JSON Schema of an object; a plain table of keys becomes its properties."""
    written = dict(document)
    if _KEYWORDS & written.keys() or isinstance(written.get("type"), str) or not written:
        return written
    properties: Document = {}
    required: list[str] = []
    for key, rule in written.items():
        if not isinstance(rule, Mapping):
            return written  # no table of keys: the check of the schema says what is wrong
        table = dict(cast("Mapping[str, Any]", rule))
        if isinstance(table.get("required"), bool) and table.pop("required"):
            required.append(key)
        if table.get("type") == "enum":
            del table["type"]
        if isinstance(table.get("label"), str):
            table.setdefault("title", table.pop("label"))
        properties[key] = table
    schema: Document = {"type": "object", "properties": properties}
    return schema | ({"required": required} if required else {})


def faults_of(document: Any) -> Iterator[str]:
    """Return what is wrong with a schema beyond what JSON Schema itself says."""
    waiting = [document]
    while waiting:
        part: Any = waiting.pop()
        if isinstance(part, dict):
            table = cast("Document", part)
            yield from _part_faults(table)
            waiting += table.values()
        elif isinstance(part, list):
            waiting += cast("list[Any]", part)


def _part_faults(part: Document) -> Iterator[str]:
    reference = part.get("$ref")
    if isinstance(reference, str) and not reference.startswith("#"):
        yield f"$ref {reference[:100]!r} leads out of the schema; allowed: one that begins with #"
    for word in ("$dynamicRef", "$id"):
        if isinstance(part.get(word), str):
            yield f"{word} is not understood here; use $ref and $defs"
    patterns = [part.get("pattern"), *cast("Document", part.get("patternProperties") or {})]
    for pattern in patterns:
        if isinstance(pattern, str) and (len(pattern) > MAX_PATTERN_CHARS or _NESTED_REPEAT.search(pattern)):
            yield f"the pattern {pattern[:80]!r} is too long, or repeats what repeats: it could take for ever"
