"""Secret places: where a schema says that a value is secret, and which kinds of values have a place there.

Pure, and of parts of a schema that may apply at one place, with all that they refer to and branch into.
`configuration_schema` finds the parts.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, cast

_RULES_OF: Final = {
    "object": ("properties", "patternProperties", "additionalProperties", "unevaluatedProperties"),
    "array": ("items", "prefixItems", "contains", "unevaluatedItems"),
}
"""Keywords with rules for what is in a container, by its type."""

_NAMED: Final = frozenset({"properties", "patternProperties"})
"""Of these, tables of rules by name."""


def says_secret(parts: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether a part says so."""
    return any(part.get("writeOnly") is True or part.get("x-secret") is True for part in parts)


def rules_inside(part: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what a part says of the values in a container."""
    for words in _RULES_OF.values():
        for word in words:
            found: Any = part.get(word)
            rules: Any = [found]
            if word in _NAMED and isinstance(found, dict):
                rules = cast("dict[str, Any]", found).values()
            elif isinstance(found, list):
                rules = cast("list[Any]", found)
            yield from (rule for rule in rules if isinstance(rule, dict))


def has_place(parts: Iterable[Mapping[str, Any]], value: Any) -> bool:
    """Return whether a part names the value, or its type; rules for what is in a container name its type."""
    types = _types_of(value)
    return any(value in part.get("enum", ()) or types & _named_by(part) for part in parts)


def _named_by(part: Mapping[str, Any]) -> set[str]:
    named: Any = part.get("type")
    if named is None:
        return {kind for kind, words in _RULES_OF.items() if any(word in part for word in words)}
    return {named} if isinstance(named, str) else {*cast("list[str]", named)}


def _types_of(value: Any) -> set[str]:
    match value:
        case None:
            return {"null"}
        case bool():
            return {"boolean"}
        case int():
            return {"integer", "number"}
        case float():
            return {"number"}
        case str():
            return {"string"}
        case Mapping():
            return {"object"}
        case _:
            return {"array"}
