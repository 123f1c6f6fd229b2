"""Reading a configuration's schema: its forms, keyword by keyword, to JSON Schema 2020-12.

Owns the forms and which keywords are understood where, and notes each fault at the place as written. What a
keyword's value may be beyond that is checked against the dialect itself, in `host.manifest.schema_validator`.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, cast

from host.manifest.faults import near, show, show_path
from host.manifest.patterns import text_limit
from host.manifest.schema_words import (
    DIALECT,
    FORMATS,
    HINTS,
    KEYWORDS,
    LISTS_OF_SCHEMAS,
    OLDER_DIALECTS,
    SCHEMA_WORDS,
    TABLES_OF_SCHEMAS,
    TYPES,
)

MAX_DEPTH: Final = 24
"""How deep schemas may lie in schemas."""

MAX_PARTS: Final = 2_000
"""How many schemas one schema may consist of."""

Document = dict[str, Any]
Place = tuple[str | int, ...]


class SchemaFault(NamedTuple):
    """What is wrong at one place of a schema, in the words of a manifest's fault."""

    path: str
    """Dotted, from the schema as written; empty for all of it."""
    found: str
    allowed: str


class SchemaReader:
    """One schema while it is read."""

    def __init__(self) -> None:
        self.faults: list[SchemaFault] = []
        self.written_at: dict[Place, Place] = {}
        """Place in the result to place as written, where they differ."""
        self._parts = 0

    def read(self, schema: Mapping[str, Any]) -> Document:
        """Return the whole schema."""
        if is_flat(schema):
            document = self._with_properties({"type": "object"}, schema, (), ("properties",), 0)
            self.written_at[("properties",)] = ()
        else:
            document = self._schema(schema, (), (), 0)
            kind = document.setdefault("type", "object")
            if kind != "object":
                self._add(("type",), show(kind), "object: a configuration is a table of settings")
        document.pop("$schema", None)
        return {"$schema": DIALECT, **document}

    def read_any(self, schema: Mapping[str, Any]) -> Document:
        """Return the whole schema of values that need not be objects."""
        document = self._schema(schema, (), (), 0)
        document.pop("$schema", None)
        return {"$schema": DIALECT, **document}

    def _add(self, place: Place, found: str, allowed: str) -> None:
        self.faults.append(SchemaFault(show_path(place), found, allowed))

    def _schema(self, rule: object, place: Place, target: Place, depth: int) -> Document:
        """Return one part, its faults noted. `place` is where it was written, `target` where it will be."""
        self._parts += 1
        if self._parts == MAX_PARTS:
            self._add((), f"more than {MAX_PARTS:,} parts", f"at most {MAX_PARTS:,}")
        if self._parts >= MAX_PARTS:
            return {}
        if depth > MAX_DEPTH:
            self._add(place[:4], "schemas nested too deep", f"at most {MAX_DEPTH} levels")
            return {}
        if not isinstance(rule, Mapping):
            self._add(place, show(rule), 'a table such as {"type": "string"}')
            return {}
        written = dict(cast("Mapping[str, Any]", rule))
        self._spell(written, place)
        result: Document = {}
        for word, value in written.items():
            at, to = (*place, word), (*target, word)
            if word == "properties":
                result = self._with_properties(result, value, at, to, depth)
            elif word in TABLES_OF_SCHEMAS:
                result[word] = self._table(value, at, to, depth)
            elif word in LISTS_OF_SCHEMAS:
                result[word] = self._list(value, at, to, depth)
            elif word in SCHEMA_WORDS:
                result[word] = value if isinstance(value, bool) else self._schema(value, at, to, depth + 1)
            elif word == "required" and isinstance(result.get("required"), list):
                result[word] = list(dict.fromkeys([*_list_of(value), *result["required"]]))
            else:
                result[word] = value
            self._check_word(word, value, at)
        return result

    def _spell(self, written: Document, place: Place) -> None:
        """Turn what older forms say into the words of JSON Schema."""
        if written.get("type") == "enum":
            del written["type"]
            if not written.get("enum"):
                self._add((*place, "enum"), "nothing", 'the values that are allowed, as "type" is "enum"')
        if isinstance(written.get("label"), str):
            label = written.pop("label")
            written.setdefault("title", label)
        if written.get("format") == "password":
            del written["format"]
            written.setdefault("writeOnly", True)
        if written.get("x-secret") is True:
            written.setdefault("writeOnly", True)

    def _with_properties(
        self,
        result: Document,
        table: object,
        place: Place,
        target: Place,
        depth: int,
    ) -> Document:
        """Add properties; those that call themselves required are named in the list of the object."""
        required: list[str] = []
        rules: Document = {}
        if isinstance(table, Mapping):
            for name, rule in cast("Mapping[str, Any]", table).items():
                rules[name] = rule
                own: object = cast("Document", rule).get("required") if isinstance(rule, Mapping) else None
                if own is None or isinstance(own, list):  # a list is of the settings below
                    continue
                words = cast("Document", rule)
                rules[name] = {word: value for word, value in words.items() if word != "required"}
                if own is True:
                    required.append(name)
                elif own is not False:
                    self._add((*place, name, "required"), show(own), "true or false")
        else:
            self._add(place, show(table), "a table: one entry for each setting")
        result["properties"] = self._table(rules, place, target, depth)
        if required:
            result["required"] = list(dict.fromkeys([*_list_of(result.get("required")), *required]))
        return result

    def _table(self, table: object, place: Place, target: Place, depth: int) -> Document:
        if not isinstance(table, Mapping):
            self._add(place, show(table), "a table of schemas")
            return {}
        result: Document = {}
        for name, rule in cast("Mapping[str, Any]", table).items():
            at, to = (*place, name), (*target, name)
            self.written_at[to] = at
            result[name] = rule if isinstance(rule, bool) else self._schema(rule, at, to, depth + 1)
        return result

    def _list(self, items: object, place: Place, target: Place, depth: int) -> list[Any]:
        if not isinstance(items, list):
            self._add(place, show(items), "a list of schemas")
            return []
        return [
            item
            if isinstance(item, bool)
            else self._schema(item, (*place, number), (*target, number), depth + 1)
            for number, item in enumerate(cast("list[object]", items))
        ]

    def _check_word(self, word: str, value: object, place: Place) -> None:
        if word in HINTS:
            self._add(place, f"the unknown keyword {show(word)}", HINTS[word])
        elif word not in KEYWORDS and not word.startswith("x-"):
            self._add(place, f"the unknown keyword {show(word)}", near(word, KEYWORDS))
        elif word == "type":
            for kind in _list_of(value) or [value]:
                if not isinstance(kind, str) or kind not in TYPES:
                    names = [*TYPES, "enum"]
                    self._add(
                        place,
                        show(kind),
                        near(kind, names) if isinstance(kind, str) else f"one of {', '.join(names)}",
                    )
        elif word == "format" and isinstance(value, str) and value not in FORMATS:
            self._add(place, show(value), near(value, [*FORMATS, "password"]))
        elif word == "$ref" and not (isinstance(value, str) and value.startswith("#")):
            self._add(place, show(value), 'a place in this schema, such as "#/$defs/address"')
        elif word == "$schema" and not _is_dialect(value):
            self._add(place, show(value), DIALECT)
        elif word in ("writeOnly", "x-secret") and not isinstance(value, bool):
            self._add(place, show(value), "true or false")
        elif word == "pattern" and isinstance(value, str):
            self._check_pattern(value, place)
        elif word == "patternProperties" and isinstance(value, Mapping):
            for pattern in cast("Mapping[str, Any]", value):
                self._check_pattern(pattern, (*place, pattern))

    def _check_pattern(self, pattern: str, place: Place) -> None:
        try:
            text_limit(pattern)
        except ValueError as exc:
            self._add(place, show(pattern), str(exc))


def is_flat(schema: Mapping[str, Any]) -> bool:
    """Tell whether this is a table of settings, each with its rule, and not JSON Schema.

    A setting may be called `type` or `properties`: what counts is whether its value is a rule. Where no key
    is a word of schemas, one that is a rule is enough: of the others it is told that they are none.
    """
    rules = [cast("Document", rule) for rule in schema.values() if isinstance(rule, Mapping)]
    typed = [rule for rule in rules if isinstance(rule.get("type"), str)]
    if set(schema) & KEYWORDS:
        return len(typed) == len(schema)
    if len(rules) == len(schema):
        return bool(schema)
    return bool(typed) and not any(str(name).startswith("$") for name in schema)


def _is_dialect(value: object) -> bool:
    return isinstance(value, str) and value.rstrip("#") in (DIALECT, *OLDER_DIALECTS)


def _list_of(value: object) -> list[Any]:
    return list(cast("list[Any]", value)) if isinstance(value, list) else []
