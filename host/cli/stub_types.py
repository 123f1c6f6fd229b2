"""JSON Schemas as Python types: what a type checker is told of an API's parameters and results.

Owns the names of the classes that it makes up; writes no file. Called by `stub_text`.
"""

import keyword
import re
from typing import Any, cast

import msgspec

Schema = dict[str, Any]

_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_HIDES = frozenset({"str", "int", "float", "bool", "list", "dict"})
_DEPTH = 64
"""What is nested deeper becomes Any."""


class StubTypes:
    """Types by schema; objects with named members become TypedDicts."""

    def __init__(self, taken: set[str], shadowed: set[str]) -> None:
        """`taken` are names that classes may not have, `shadowed` those that mean a function of the API."""
        self._taken = taken
        self._shadowed = shadowed
        self._names: dict[bytes, str] = {}
        self.classes: list[str] = []
        """The text of each class."""

    def of(self, schema: object, hint: str) -> str:
        """Return the type of a schema; a class made for it is named after its title, or `hint`."""
        return self._of(schema, _object(_object(schema).get("$defs")), hint, 0)

    def built_in(self, name: str) -> str:
        """Return how a built-in name is written where a function of the API may have the same."""
        return f"_builtins.{name}" if name in self._shadowed else name

    def _of(self, schema: object, definitions: Schema, hint: str, depth: int) -> str:
        if not isinstance(schema, dict) or depth > _DEPTH:
            return "Any"
        one = cast("Schema", schema)
        if isinstance(reference := one.get("$ref"), str):
            name = reference.removeprefix("#/$defs/")
            return self._of(definitions.get(name), definitions, name, depth + 1)
        if "const" in one:
            return _literal([one["const"]])
        if isinstance(values := one.get("enum"), list):
            return _literal(cast("list[object]", values))
        for key in ("anyOf", "oneOf"):
            if isinstance(choices := one.get(key), list):
                return _union(
                    self._of(choice, definitions, hint, depth + 1) for choice in cast("list[object]", choices)
                )
        kind = one.get("type")
        if isinstance(kind, list):
            kinds = cast("list[object]", kind)
            return _union(self._of(one | {"type": each}, definitions, hint, depth + 1) for each in kinds)
        if kind == "array":
            return self._array(one, definitions, hint, depth)
        if kind == "object":
            return self._dict(one, definitions, hint, depth)
        plain = _PLAIN.get(kind) if isinstance(kind, str) else None
        return self.built_in(plain) if plain else "Any"

    def _array(self, schema: Schema, definitions: Schema, hint: str, depth: int) -> str:
        items: list[object] = []
        if isinstance(heads := schema.get("prefixItems"), list):
            items.extend(cast("list[object]", heads))
        if (rest := schema.get("items", not items)) is not False:
            items.append(rest)
        of = _union(self._of(item, definitions, hint, depth + 1) for item in items)
        return f"{self.built_in('list')}[{of}]"

    def _dict(self, schema: Schema, definitions: Schema, hint: str, depth: int) -> str:
        members = _object(schema.get("properties"))
        if not members:
            values = schema.get("additionalProperties")
            of = self._of(values, definitions, hint, depth + 1)
            return f"{self.built_in('dict')}[{self.built_in('str')}, {of}]"
        key = _key(schema, definitions)
        if key in self._names:
            return self._names[key]
        title = schema.get("title")
        name = self._names[key] = self.name(title if isinstance(title, str) else hint)
        required = schema.get("required")
        needed = cast("list[object]", required) if isinstance(required, list) else []
        types = {
            member: self._of(one, definitions, f"{name}_{member}", depth + 1)
            for member, one in members.items()
        }
        shown = {
            member: type_ if member in needed else f"NotRequired[{type_}]" for member, type_ in types.items()
        }
        self.classes.append(_typed_dict(name, shown))
        return name

    def name(self, words: str) -> str:
        """Return a class name from words, one that is free, and take it."""
        parts = re.findall(r"[A-Za-z0-9]+", words)
        base = "".join(part[0].upper() + part[1:] for part in parts)[:80] or "Value"
        if not base[0].isalpha():
            base = f"Value{base}"
        name, number = base, 2
        while name in self._taken or keyword.iskeyword(name):
            name, number = f"{base}{number}", number + 1
        self._taken.add(name)
        return name


def usable(name: str) -> bool:
    """Tell whether a name can be written as an attribute or a parameter."""
    return name.isascii() and name.isidentifier() and not keyword.iskeyword(name)


def _object(value: object) -> Schema:
    return cast("Schema", value) if isinstance(value, dict) else {}


def _union(types: Any) -> str:
    found = list(dict.fromkeys(types))
    if not found or "Any" in found:
        return "Any"
    return " | ".join(sorted(found, key=lambda one: one == "None"))


def _literal(values: list[object]) -> str:
    if not values or not all(value is None or isinstance(value, str | int) for value in values):
        return "Any"
    return f"Literal[{', '.join(repr(value) for value in values)}]"


def _key(schema: Schema, definitions: Schema) -> bytes:
    """Return what tells one class from another: the schema, and all that it refers to."""
    bare = {name: value for name, value in schema.items() if name != "$defs"}
    text = msgspec.json.encode(bare, order="deterministic")
    seen: dict[str, bytes] = {}
    queue = [text]
    while queue:
        for found in re.findall(rb'"#/\$defs/([^"]+)"', queue.pop()):
            name = found.decode()
            if name not in seen:
                seen[name] = msgspec.json.encode(definitions.get(name), order="deterministic")
                queue.append(seen[name])
    own = [one for one in seen.values() if one != text]
    return b"\n".join([text, *sorted(own)])


def _typed_dict(name: str, members: dict[str, str]) -> str:
    # A member that is called as a type would hide it from those after it, and from itself.
    if all(usable(member) and member[0].islower() and member not in _HIDES for member in members):
        lines = "".join(f"    {member}: {type_}\n" for member, type_ in members.items())
        return f"class {name}(TypedDict):\n{lines}"
    lines = "".join(f"    {member!r}: {type_!r},\n" for member, type_ in members.items())
    return f"{name} = TypedDict({name!r}, {{\n{lines}}})\n"
