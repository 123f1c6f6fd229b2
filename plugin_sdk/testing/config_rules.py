"""What a schema says of values, as far as a test in memory looks: types, choices, bounds, what is required.

Formats, references and combinations are the host's; `--plughost=process` has it check them.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from plugin_sdk.testing.plugin_folder import properties_of

_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list, tuple),
    "object": (dict,),
    "null": (type(None),),
}


def faults_of(schema: Mapping[str, Any], values: Mapping[str, Any], place: str = "") -> Iterator[str]:
    """Yield everything that is wrong with values, one line each."""
    rules = properties_of(schema)
    for name in _required(schema, rules):
        if name not in values:
            yield f"{place}{name}: found nothing; allowed: a value, it is required"
    for name, value in values.items():
        if name in rules:
            yield from _faults_of_one(rules[name], value, f"{place}{name}")
        elif schema.get("additionalProperties") is False:
            yield f"{place}{name}: found a setting that is not there; allowed: {', '.join(rules) or 'none'}"


def _required(schema: Mapping[str, Any], rules: Mapping[str, Mapping[str, Any]]) -> list[str]:
    listed: Any = schema.get("required")
    named = [str(one) for one in cast("list[Any]", listed)] if isinstance(listed, list) else []
    return [*named, *(name for name, rule in rules.items() if rule.get("required") is True)]


def _faults_of_one(rule: Mapping[str, Any], value: Any, place: str) -> Iterator[str]:
    kinds: Any = rule.get("type")
    words = [
        str(one) for one in cast("list[Any]", kinds if isinstance(kinds, list) else [kinds] if kinds else [])
    ]
    known = [word for word in words if word in _TYPES]
    if known and len(known) == len(words) and not any(_is(value, word) for word in known):
        yield f"{place}: found {value!r}; allowed: {' or '.join(known)}"
        return
    choices: Any = rule.get("enum", rule.get("options"))
    if isinstance(choices, list) and value not in choices:
        yield f"{place}: found {value!r}; allowed: {', '.join(map(str, cast('list[Any]', choices)))}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        if (least := rule.get("minimum")) is not None and value < least:
            yield f"{place}: found {value}; allowed: {least} or more"
        if (most := rule.get("maximum")) is not None and value > most:
            yield f"{place}: found {value}; allowed: {most} or less"
    if isinstance(value, str):
        if len(value) < rule.get("minLength", 0) or len(value) > rule.get("maxLength", len(value)):
            yield f"{place}: found {len(value)} characters; allowed: as many as the schema says"
        if (pattern := rule.get("pattern")) is not None and not re.search(str(pattern), value):
            yield f"{place}: found {value!r}; allowed: what {pattern} matches"
    if isinstance(value, dict) and "properties" in rule:
        yield from faults_of(rule, cast("dict[str, Any]", value), f"{place}.")
    items: Any = rule.get("items")
    if isinstance(value, list) and isinstance(items, dict):
        for number, one in enumerate(cast("list[Any]", value)):
            yield from _faults_of_one(cast("dict[str, Any]", items), one, f"{place}[{number}]")


def _is(value: Any, word: str) -> bool:
    if isinstance(value, bool):
        return word == "boolean"
    return isinstance(value, _TYPES[word])
