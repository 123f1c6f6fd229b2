"""Schema of one plugin's configuration: what it allows, what it fills in, what in it is secret.

Owns how a schema is read (JSON Schema 2020-12; a plain table of keys is understood too) and applied to
values. A schema comes from a plugin, so it is bounded, reaches nothing outside of itself, and its messages
are ours: those of the library would show values.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, cast

from host.base_error import Fault, what_is_allowed
from host.manifest.config_schema import merge as merge_schemas
from host.manifest.config_schema import normalise, validator
from host.masking import MASK, is_secret_name, known
from host.services.configuration_merge import merge
from host.services.secret_places import has_place, rules_inside, says_secret

MAX_FAULTS: Final = 50
MAX_FOUND_CHARS: Final = 80
MAX_DEFAULTS: Final = 2_000
"""Tables in which defaults are looked for: a few lines of a schema can describe any number."""

Document = dict[str, Any]

_BRANCHES: Final = ("allOf", "anyOf", "oneOf")


class Schema:
    """One plugin's."""

    def __init__(self, *documents: Mapping[str, Any] | None) -> None:
        """The earlier documents win over the later ones: the manifest's, then those from code."""
        self._faults: list[str] = []
        merged: Document = {}
        for document in documents:
            if document:
                read, faults = normalise(document)
                self._faults += [
                    f"{one.path or 'it'}: found {one.found}; {what_is_allowed(one.allowed)}" for one in faults
                ]
                merged = merge_schemas(merged, read) if merged else read
        self.document = merged

    def faults(self) -> list[str]:
        """Return what is wrong with the schema itself."""
        return self._faults

    def check(self, value: Mapping[str, Any], layer: str) -> list[Fault]:
        """Return everything in a configuration that the schema does not allow."""
        if not self.document:
            return []
        from referencing.exceptions import Unresolvable

        faults: dict[Fault, None] = {}  # each once: the library tells of every missing key anew
        try:
            for error in validator(self.document).iter_errors(value):
                faults |= dict.fromkeys(self._told(error, layer))
                if len(faults) >= MAX_FAULTS:
                    break
        except (Unresolvable, RecursionError) as exc:
            fault = Fault(layer, "", type(exc).__name__, "a schema whose references lead somewhere")
            faults[fault] = None
        return sorted(faults, key=lambda fault: fault.path)

    def defaults(self) -> Document:
        """Return what the schema's `default`s fill in."""
        return self._defaults([self.document], frozenset(), [MAX_DEFAULTS])

    def masked(self, value: Any, path: tuple[str, ...] = ()) -> Any:
        """Return a value at a path as it may be shown."""
        return self._masked(self.at(path), path[-1] if path else "", value, self._hidden(path))

    def secrets(self, value: Any) -> set[str]:
        """Return the texts of all secrets in a configuration."""
        found: set[str] = set()
        self._collect([self.document], "", value, False, found)
        return found

    def at(self, path: Iterable[str]) -> list[Document]:
        """Return all parts of the schema that may apply at a path."""
        parts = self._expanded([self.document])
        for key in path:
            parts = self._expanded(self._below(parts, key))
        return parts

    def is_secret(self, path: tuple[str, ...]) -> bool:
        """Return whether the schema says that what is at a path is secret."""
        return self._hidden(path)

    def types(self, path: Iterable[str]) -> set[str]:
        """Return the types that the schema names at a path."""
        found: set[str] = set()
        for part in self.at(path):
            kind = part.get("type")
            found.update([kind] if isinstance(kind, str) else cast("list[str]", kind or []))
        return found

    def keys(self, path: Iterable[str]) -> set[str]:
        """Return the keys that the schema names below a path."""
        return {key for part in self.at(path) for key in _table(part.get("properties"))}

    def restarts(self, paths: Iterable[tuple[str, ...]]) -> bool:
        """Return whether a change at one of these paths needs a restart, by `x-restart`."""
        return any(
            part.get("x-restart") is True
            for path in paths
            for length in range(len(path) + 1)
            for part in self.at(path[:length])
        )

    # Reading.

    def _told(self, error: Any, layer: str) -> Iterator[Fault]:
        path = tuple(str(part) for part in error.absolute_path)
        place = ".".join(path)
        rule: Any = error.validator_value
        match error.validator:
            case "required":
                for name in rule:
                    if name not in error.instance:
                        yield Fault(layer, ".".join((*path, name)), "nothing", "a value: it is required")
            case "additionalProperties" | "unevaluatedProperties":
                known = self.keys(path)
                for name in error.instance:
                    if name not in known:
                        allowed = ", ".join(sorted(known)) or "nothing here"
                        yield Fault(layer, ".".join((*path, str(name))), "an unknown key", allowed[:300])
            case _:
                yield Fault(layer, place, _found(self.masked(error.instance, path)), _allowed(error))

    def _hidden(self, path: tuple[str, ...]) -> bool:
        places = [self.at(path[:length]) for length in range(1, len(path) + 1)]
        return any(map(says_secret, places)) or any(
            self._stands_in(parts, [] if key.isdigit() else {})
            for parts, key in zip(places, path[1:], strict=False)
        )

    def _is_secret(self, parts: list[Document], name: str, value: Any) -> bool:
        by_name = isinstance(value, str) and is_secret_name(name)
        return by_name or says_secret(parts) or self._stands_in(parts, value)

    def _stands_in(self, parts: list[Document], value: Any) -> bool:
        """Return whether a value of another kind is where a container of secrets should be.

        Then it is likely to be one of them.
        """
        if has_place(parts, value):
            return False
        seen: set[int] = set()
        while parts:
            inside = self._expanded(rule for part in parts for rule in rules_inside(part))
            if says_secret(inside):
                return True
            parts = [part for part in inside if id(part) not in seen]
            seen.update(map(id, parts))
        return False

    def _masked(self, parts: list[Document], name: str, value: Any, hidden: bool) -> Any:
        if hidden or self._is_secret(parts, name, value):
            return value if value is None else MASK
        if isinstance(value, Mapping):
            table = cast("Mapping[Any, Any]", value)
            return {
                key: self._masked(self._child(parts, str(key)), str(key), item, False)
                for key, item in table.items()
            }
        if isinstance(value, list | tuple):
            items = cast("Iterable[Any]", value)
            return [
                self._masked(self._child(parts, str(n)), name, item, False) for n, item in enumerate(items)
            ]
        return value

    def _collect(self, parts: list[Document], name: str, value: Any, hidden: bool, found: set[str]) -> None:
        parts = self._expanded(parts)
        hidden = hidden or self._is_secret(parts, name, value)
        if isinstance(value, Mapping):
            for key, item in cast("Mapping[Any, Any]", value).items():
                self._collect(self._below(parts, str(key)), str(key), item, hidden, found)
        elif isinstance(value, list | tuple):
            for number, item in enumerate(cast("Iterable[Any]", value)):
                self._collect(self._below(parts, str(number)), name, item, hidden, found)
        elif hidden and value is not None and not isinstance(value, bool):
            found.add(str(value))

    def _defaults(self, parts: list[Document], above: frozenset[int], left: list[int]) -> Document:
        """Return what these parts fill in; what leads back to a part above fills in nothing."""
        filled: Document = {}
        left[0] -= 1
        parts = [one for one in self._expanded(parts, branches=("allOf",)) if id(one) not in above]
        if left[0] < 0:
            return filled
        above = above.union(map(id, parts))
        for part in parts:
            if isinstance(part.get("default"), dict):
                filled = merge(filled, part["default"])
        for key in {key: None for part in parts for key in _table(part.get("properties"))}:
            below = self._expanded(self._below(parts, key), branches=("allOf",))
            value: Any = next((part["default"] for part in below if "default" in part), None)
            inner = self._defaults(below, above, left)
            if isinstance(value, dict) or (value is None and inner):
                value = merge(inner, cast("Document", value or {}))
            if value is not None and key not in filled:
                filled[key] = value
        return filled

    def _child(self, parts: list[Document], key: str) -> list[Document]:
        return self._expanded(self._below(parts, key))

    def _below(self, parts: list[Document], key: str) -> list[Document]:
        below: list[Any] = []
        for part in parts:
            named = _table(part.get("properties"))
            patterns = [
                rule for pattern, rule in _table(part.get("patternProperties")).items() if _fits(pattern, key)
            ]
            if key in named:
                below.append(named[key])
            below += patterns
            if key not in named and not patterns:
                below += [part.get("additionalProperties"), part.get("unevaluatedProperties")]
            if key.isdigit():
                below += [part.get("items"), part.get("contains"), part.get("unevaluatedItems")]
                below += part.get("prefixItems", [])[int(key) : int(key) + 1]
        return [part for part in below if isinstance(part, dict)]

    def _expanded(self, parts: Iterable[Document], branches: tuple[str, ...] = _BRANCHES) -> list[Document]:
        """Return the parts with all that they refer to and branch into."""
        found: list[Document] = []
        seen: set[int] = set()
        waiting: list[Any] = list(parts)
        while waiting:
            part = waiting.pop(0)
            if not isinstance(part, dict) or id(cast("object", part)) in seen:
                continue
            document = cast("Document", part)
            seen.add(id(document))
            found.append(document)
            for branch in branches:
                waiting += document.get(branch, [])
            if branches is _BRANCHES:
                waiting += [document.get(word) for word in ("if", "then", "else", "not")]
                waiting += _table(document.get("dependentSchemas")).values()
            waiting.append(self._referred(document.get("$ref")))
        return found

    def _referred(self, reference: Any) -> Any:
        if not isinstance(reference, str) or not reference.startswith("#"):
            return None
        place: Any = self.document
        for step in reference[1:].split("/")[1:]:
            step = step.replace("~1", "/").replace("~0", "~")
            if isinstance(place, dict):
                place = cast("Document", place).get(step)
            elif isinstance(place, list) and step.isdigit() and int(step) < len(cast("list[Any]", place)):
                place = cast("list[Any]", place)[int(step)]
            else:
                return None
        return place


def _table(value: Any) -> Document:
    return cast("Document", value) if isinstance(value, dict) else {}


def _fits(pattern: str, key: str) -> bool:
    try:
        return re.search(pattern, key) is not None
    except re.error:
        return False


def _found(value: Any) -> str:
    text = repr(known.cleared_value(value))
    return text if len(text) <= MAX_FOUND_CHARS else text[: MAX_FOUND_CHARS - 1] + "…"


def _allowed(error: Any) -> str:
    rule: Any = error.validator_value
    match error.validator:
        case "type":
            return " or ".join(cast("list[str]", rule)) if isinstance(rule, list) else str(rule)
        case "enum":
            return ", ".join(json.dumps(value) for value in rule)[:300]
        case "anyOf" | "oneOf":
            return f"what one of its {len(rule)} forms allows"
        case _:
            return f"{error.validator} {json.dumps(rule, default=str)}"[:300]
