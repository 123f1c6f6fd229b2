"""Validation against a schema of a plugin's configuration, or of events' data, by jsonschema.

Owns what of that library is used and how: formats are checked, nothing is fetched, patterns are bounded.
Imported when a schema is first met, because the library is slow to import.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from jsonschema import Draft202012Validator, FormatChecker, ValidationError, validators
from referencing import Registry
from referencing.exceptions import Unresolvable

from host.manifest.patterns import text_limit
from host.manifest.schema_formats import FORMAT_CHECKS

Place = tuple[str | int, ...]
JSONDict = dict[str, Any]

_MAX_SHOWN_CHARS: Final = 200


MAX_REFERENCES: Final = 5_000
"""References that are followed for one value: a few lines of a schema can lead on for days."""


class TooManyReferences(RecursionError):
    """A value can't be held against a schema in bounded time."""


class _Formats(FormatChecker):
    """The formats, and how many references may still be followed: each step of a validation has it."""

    left = MAX_REFERENCES


class Bounded:
    """A validator that gives up instead of following references without end."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = _without_dialect(schema)

    def iter_errors(self, value: Any, part: Any = None, formats: Any = None) -> Iterator[Any]:
        """Yield what is wrong with a value, by the schema or by a part of it.

        Raises:
            RecursionError: `TooManyReferences`, or one that the library raises.
        """
        # An empty registry: a reference that leads out of the schema is an error, never a download.
        whole = _Validator(self._schema, registry=_NOTHING_ELSE, format_checker=formats or _fresh_formats())
        if part is not None:
            whole = whole.evolve(schema=_without_dialect(part))
        return whole.iter_errors(value)

    def is_valid(self, value: Any) -> bool:
        """Tell whether nothing is wrong with a value. Raises as `iter_errors` does."""
        return next(iter(self.iter_errors(value)), None) is None


def make_validator(schema: Mapping[str, Any]) -> Bounded:
    """Return a validator; see `host.manifest.config_schema.validator`."""
    return Bounded(schema)


def _without_dialect(schema: Any) -> Any:
    """Return a schema without `$schema`: where a part names one, the library takes a validator of its own."""
    if isinstance(schema, Mapping):
        table = cast("Mapping[str, Any]", schema)
        return {
            word: _without_dialect(rule)
            for word, rule in table.items()
            if word != "$schema" or not isinstance(rule, str)
        }
    if isinstance(schema, list):
        return [_without_dialect(rule) for rule in cast("list[Any]", schema)]
    return schema


def _fresh_formats() -> "_Formats":
    made = _Formats(())
    made.checkers = FORMAT_CHECKS.checkers
    return made


def _ref(validator: Any, reference: Any, instance: object, schema: object) -> Iterator[ValidationError]:
    formats = validator.format_checker
    formats.left -= 1
    if formats.left < 0:
        raise TooManyReferences(f"more than {MAX_REFERENCES:,} references are followed")
    yield from _follow(validator, reference, instance, schema)


def faults_by_place(schema: Mapping[str, Any]) -> Iterator[tuple[Place, object, str]]:
    """Find what in a schema is none: place, what stands there, what is allowed."""
    meta: Any = Draft202012Validator(Draft202012Validator.META_SCHEMA)
    seen: set[Place] = set()
    for error in meta.iter_errors(schema):
        place: Place = tuple(error.absolute_path)
        if place not in seen:
            seen.add(place)
            yield place, error.instance, allowed_by(error)


def default_faults(schema: Mapping[str, Any]) -> Iterator[tuple[Place, object, str]]:
    """Find defaults and examples of values that their own part of the schema does not allow."""
    whole, formats = make_validator(schema), _fresh_formats()
    waiting: list[tuple[Place, Any]] = [((), schema)]
    while waiting:
        place, part = waiting.pop()
        if formats.left < 0:
            return  # told once; every further reference would be too many
        if isinstance(part, dict):
            table = cast("JSONDict", part)
            if isinstance(table.get("$ref"), str):
                yield from _reference_fault(whole, table, place, formats)
            if "default" in table and not _is_table_of_settings(place):
                yield from _default_fault(whole, table, place, formats)
            for word, value in table.items():
                if word not in ("default", "const", "enum", "examples") or _is_table_of_settings(place):
                    waiting.append(((*place, word), value))
        elif isinstance(part, list):
            waiting.extend(((*place, number), item) for number, item in enumerate(cast("list[Any]", part)))


def allowed_by(error: Any) -> str:
    """Return in words what a keyword allows. No value of the instance is shown."""
    rule: Any = error.validator_value
    match error.validator:
        case "type":
            return " or ".join(cast("list[str]", rule)) if isinstance(rule, list) else str(rule)
        case "enum":
            return f"one of {', '.join(map(repr, rule))}"[:_MAX_SHOWN_CHARS]
        case "const":
            return repr(rule)[:_MAX_SHOWN_CHARS]
        case "minimum" | "exclusiveMinimum":
            return f"{'at least' if error.validator == 'minimum' else 'more than'} {rule}"
        case "maximum" | "exclusiveMaximum":
            return f"{'at most' if error.validator == 'maximum' else 'less than'} {rule}"
        case "minLength" | "maxLength":
            return f"at {'least' if error.validator == 'minLength' else 'most'} {rule} characters"
        case "pattern":
            return f"a text of a bounded length that matches {rule}"[:_MAX_SHOWN_CHARS]
        case "format":
            return f"a text of the format {rule}"
        case "required":
            return f"an object with {', '.join(map(str, rule))}"[:_MAX_SHOWN_CHARS]
        case "anyOf" | "oneOf":
            return f"what one of its {len(rule)} forms allows"
        case other:
            return f"{other}: {rule!r}"[:_MAX_SHOWN_CHARS]


def _is_table_of_settings(place: Place) -> bool:
    """Tell whether the keys at this place are names and no keywords."""
    count = 0
    for step in reversed(place):
        if step not in ("properties", "$defs", "patternProperties", "dependentSchemas"):
            break
        count += 1
    return count % 2 == 1


def _reference_fault(
    whole: Bounded, part: JSONDict, place: Place, formats: _Formats
) -> Iterator[tuple[Place, object, str]]:
    try:
        list(whole.iter_errors(None, {"$ref": part["$ref"]}, formats))
    except TooManyReferences:
        yield (*place, "$ref"), part["$ref"], f"references that lead to at most {MAX_REFERENCES:,} places"
    except (Unresolvable, RecursionError):
        yield (
            (*place, "$ref"),
            part["$ref"],
            "a place in this schema that is there, and does not lead in a circle",
        )


def _default_fault(
    whole: Bounded, part: JSONDict, place: Place, formats: _Formats
) -> Iterator[tuple[Place, object, str]]:
    try:
        for error in whole.iter_errors(part["default"], part, formats):
            # A part of the default may come from elsewhere, so what is missing in it is no fault.
            if error.validator != "required":
                yield (*place, "default", *error.absolute_path), error.instance, allowed_by(error)
    except TooManyReferences:
        yield (*place, "default"), part["default"], f"a default behind at most {MAX_REFERENCES:,} references"
    except (Unresolvable, RecursionError):
        return  # told at the reference


def _pattern(validator: Any, pattern: str, instance: object, schema: object) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not _matches(pattern, instance):
        yield ValidationError("it does not match the pattern, or is longer than can be held against it")


def _pattern_properties(
    validator: Any, rules: Mapping[str, Any], instance: object, schema: object
) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    for pattern, rule in rules.items():
        for name, value in cast("JSONDict", instance).items():
            if _matches(pattern, name):
                yield from validator.descend(value, rule, path=name, schema_path=pattern)


def _unique_items(
    validator: Any, wanted: bool, instance: object, schema: object
) -> Iterator[ValidationError]:
    # The library compares each with each where they can't be sorted: hours for a long list of objects.
    if wanted and isinstance(instance, list):
        items = cast("list[Any]", instance)
        if len(set(map(_key_of, items))) < len(items):
            yield ValidationError("its items are not unique")


def _key_of(value: Any) -> Any:
    """Return what is equal for two values that JSON Schema calls equal: 1 is 1.0, and true is not 1."""
    match value:
        case bool():
            return "bool", value
        case list():
            return "list", tuple(map(_key_of, cast("list[Any]", value)))
        case dict():
            table = cast("JSONDict", value)
            return "dict", frozenset((name, _key_of(item)) for name, item in table.items())
        case _:
            return value


def _matches(pattern: str, text: str) -> bool:
    try:
        return len(text) <= text_limit(pattern) and re.search(pattern, text) is not None
    except ValueError:
        return False


_NOTHING_ELSE: Final = cast("Any", Registry)()
_follow: Any = cast("Any", Draft202012Validator).VALIDATORS["$ref"]
_Validator: Any = cast("Any", validators).extend(
    Draft202012Validator,
    {
        "$ref": _ref,
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "uniqueItems": _unique_items,
    },
)
