"""Validation against a schema of a plugin's configuration, or of events' data, by jsonschema.

Owns what of that library is used and how: formats are checked, nothing is fetched, patterns are bounded.
Imported when a schema is first met, because the library is slow to import.
"""

import datetime
import ipaddress
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, cast
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker, ValidationError, validators
from referencing import Registry
from referencing.exceptions import Unresolvable

from host.manifest.patterns import text_limit

Place = tuple[str | int, ...]
JSONDict = dict[str, Any]
_Check = Callable[[str], object]

_HOST: Final = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9][A-Za-z0-9-]{0,62})*\Z"
)
_EMAIL: Final = re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}\Z")
_DURATION: Final = re.compile(
    r"P(?=.)(?:\d{1,9}W|(?:\d{1,9}Y)?(?:\d{1,9}M)?(?:\d{1,9}D)?(?:T(?=.)(?:\d{1,9}H)?(?:\d{1,9}M)?(?:\d{1,9}S)?)?)\Z"
)
_POINTER: Final = re.compile(r"(?:/(?:[^~/]|~[01])*)*\Z")
_MAX_SHOWN_CHARS: Final = 200


def make_validator(schema: Mapping[str, Any]) -> Any:
    """Return a validator; see `host.manifest.config_schema.validator`."""
    # An empty registry: a reference that leads out of the schema is an error, never a download.
    return _Validator(dict(schema), registry=_NOTHING_ELSE, format_checker=_FORMATS)


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
    whole = make_validator(schema)
    waiting: list[tuple[Place, Any]] = [((), schema)]
    while waiting:
        place, part = waiting.pop()
        if isinstance(part, dict):
            table = cast("JSONDict", part)
            if isinstance(table.get("$ref"), str):
                yield from _reference_fault(whole, table, place)
            if "default" in table and not _is_table_of_settings(place):
                yield from _default_fault(whole, table, place)
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


def _reference_fault(whole: Any, part: JSONDict, place: Place) -> Iterator[tuple[Place, object, str]]:
    try:
        list(whole.evolve(schema={"$ref": part["$ref"]}).iter_errors(None))
    except (Unresolvable, RecursionError):
        yield (
            (*place, "$ref"),
            part["$ref"],
            "a place in this schema that is there, and does not lead in a circle",
        )


def _default_fault(whole: Any, part: JSONDict, place: Place) -> Iterator[tuple[Place, object, str]]:
    try:
        for error in whole.evolve(schema=part).iter_errors(part["default"]):
            # A part of the default may come from elsewhere, so what is missing in it is no fault.
            if error.validator != "required":
                yield (*place, "default", *error.absolute_path), error.instance, allowed_by(error)
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


def _date_time(text: str) -> object:
    found = datetime.datetime.fromisoformat(text)
    if found.tzinfo is None or "T" not in text.upper():
        raise ValueError(text)
    return found


def _uri(text: str) -> object:
    parts = urlsplit(text)
    if not parts.scheme or any(char.isspace() or not char.isprintable() for char in text):
        raise ValueError(text)
    return parts.port


def _fits(expression: re.Pattern[str]) -> _Check:
    def check(text: str) -> object:
        if expression.match(text) is None:
            raise ValueError(text)
        return True

    return check


_CHECKS: Final[dict[str, _Check]] = {
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "date-time": _date_time,
    "duration": _fits(_DURATION),
    "email": _fits(_EMAIL),
    "hostname": _fits(_HOST),
    "ipv4": ipaddress.IPv4Address,
    "ipv6": ipaddress.IPv6Address,
    "uri": _uri,
    "uuid": uuid.UUID,
    "regex": text_limit,
    "json-pointer": _fits(_POINTER),
}


def _format_checker() -> FormatChecker:
    checker = FormatChecker(())
    for name, check in _CHECKS.items():

        def holds(instance: object, check: _Check = check) -> bool:
            if isinstance(instance, str):
                check(instance)
            return True

        checker.checks(name, raises=ValueError)(holds)
    return checker


_FORMATS: Final = _format_checker()
_NOTHING_ELSE: Final = cast("Any", Registry)()
_Validator: Any = cast("Any", validators).extend(
    Draft202012Validator,
    {"pattern": _pattern, "patternProperties": _pattern_properties, "uniqueItems": _unique_items},
)
